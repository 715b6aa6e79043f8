using Platform.Engine.Models;
using Platform.Engine.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Platform.Engine.Training.AdamW;

namespace Platform.TrainingBench;

/// <summary>AdamW's fused kernel against its plain way, on weights of the embedded model's shape and of a wider one.</summary>
internal static class OptimizerBench
{
    private const int Rounds = 25;

    public static void Run(TextWriter output)
    {
        Compare("models/base", ModelConfig.Load("models/base/config.json"), output);
        Compare("hidden 896, 6 layers, vocabulary 32,000", new ModelConfig
        {
            Family = "llama",
            VocabularySize = 32_000,
            HiddenSize = 896,
            IntermediateSize = 4864,
            Layers = 6,
            QueryHeads = 14,
            KeyValueHeads = 2,
            HeadSize = 64,
            ContextTokens = 64,
            TiedHead = true,
        }, output);
    }

    private static void Compare(string name, ModelConfig shape, TextWriter output)
    {
        using var model = new CausalLanguageModel(shape);
        model.Initialize(1);
        var weights = model.named_parameters().Select(p => (p.name, p.parameter)).ToList();
        using var plain = new AdamW(weights, 0.01, fused: false);
        using var fused = new AdamW(weights, 0.01, fused: true);
        List<double> plainTimes = [], fusedTimes = [];
        for (var round = 0; round < Rounds; round++)
        {
            plainTimes.Add(Step(plain, weights, round));
            fusedTimes.Add(Step(fused, weights, round));
        }

        var ratios = plainTimes.Zip(fusedTimes).Skip(3).Select(pair => pair.First / pair.Second).Order().ToList();
        output.WriteLine($"{name}: plain {Median(plainTimes):F1} ms, fused {Median(fusedTimes):F1} ms of processor time for an update; plain / fused {ratios[ratios.Count / 2]:F2} [{ratios[0]:F2}, {ratios[^1]:F2}]");
    }

    private static double Step(AdamW optimizer, List<(string Name, Parameter Parameter)> weights, int round)
    {
        using (NewDisposeScope())
        {
            foreach (var (_, parameter) in weights)
                parameter.grad = full(parameter.shape, 0.01 * (round + 1));
        }

        return ProcessorTime.Milliseconds(() => optimizer.Step(1e-4, clipNorm: 1));
    }

    private static double Median(List<double> times) => times.Skip(3).Order().ElementAt((times.Count - 3) / 2);
}
