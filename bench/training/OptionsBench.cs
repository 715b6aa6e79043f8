using Platform.BaseModelBench;
using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;
using Platform.Engine.Training;

namespace Platform.TrainingBench;

/// <summary>Fine-tunes models/base on tasks with one option after another.</summary>
internal sealed class OptionsBench(IReadOnlyList<string> bundles)
{
    private const string BaseModel = "models/base";
    private static readonly TrainingOptions Plain = new() { BatchExamples = 32, Validations = 0, CheckpointInterval = TimeSpan.FromHours(1) };

    private readonly List<TaskData> _tasks = [.. bundles.Select(folder => Bundle.Read(folder, testRows: 1))];
    private readonly PromptBuilder _prompts = new(Tokenizer.Load(BaseModel), ModelConfig.Load(Path.Combine(BaseModel, "config.json")).EndToken!.Value);

    /// <summary>Processor time for a thousand tokens with each option; medians over rounds.</summary>
    public void Compare(int examples, int rounds, TextWriter output)
    {
        (string Name, TrainingOptions Options, LoraOptions? Adapter)[] variants =
        [
            ("full", Plain, null),
            ("full, micro-batches of 512 tokens", Plain with { MicroBatchTokens = 512 }, null),
            ("full, layers recomputed", Plain with { GradientCheckpointing = true }, null),
            ("adapter, rank 16", Plain, new LoraOptions()),
            ("adapter, rank 16, attention only", Plain, new LoraOptions { TargetModules = ["q_proj", "k_proj", "v_proj", "o_proj"] }),
            ("adapter, rank 16, dropout 0.1", Plain, new LoraOptions { Dropout = 0.1 }),
            ("full, bfloat16 with masters", Plain with { Precision = TrainingPrecision.BFloat16 }, null),
        ];
        var results = variants.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (i, variant) in variants.Index())
                results[i].Add(Measure(variant.Options, variant.Adapter, examples));
        }

        foreach (var (i, variant) in variants.Index())
            output.WriteLine($"{variant.Name,-36} {Median(results[i]):F0} ms for 1,000 tokens [{results[i].Min():F0}, {results[i].Max():F0}]");
    }

    /// <summary>Loss curves in float32 and in bfloat16 with masters: the same data, order and seed.</summary>
    public void Curves(int examples, TextWriter output)
    {
        foreach (var precision in Enum.GetValues<TrainingPrecision>())
        {
            var losses = new List<double>();
            using var model = HuggingFaceFolder.LoadModel(BaseModel);
            var result = Train(model, null, Plain with { Precision = precision, Validations = 1, BatchExamples = 16 }, examples, progress =>
            {
                if (progress.Event is null)
                    losses.Add(progress.Loss);
            });
            var curve = losses.Chunk(Math.Max(1, losses.Count / 8)).Select(part => part.Average().ToString("F3", null));
            output.WriteLine($"{precision,-9} training {string.Join(' ', curve)}  validation {string.Join(' ', result.ValidationLosses.Values.Select(loss => loss.ToString("F4", null)))}");
        }
    }

    private double Measure(TrainingOptions options, LoraOptions? lora, int examples)
    {
        using var model = HuggingFaceFolder.LoadModel(BaseModel);
        using var adapter = lora is null ? null : new LoraAdapter(model, lora);
        long tokens = 0;
        var time = ProcessorTime.Milliseconds(() => tokens = Train(model, adapter, options, examples, _ => { }).Tokens);
        return 1000 * time / tokens;
    }

    private FineTuningResult Train(CausalLanguageModel model, LoraAdapter? adapter, TrainingOptions options, int examples, Action<FineTuningProgress> progress)
    {
        var folder = Directory.CreateTempSubdirectory("trainingbench");
        try
        {
            return FineTuner.Run(
                model, adapter, _prompts, _tasks, [.. _tasks.Select(_ => (long)examples / _tasks.Count)], options,
                Path.Combine(folder.FullName, "checkpoint.safetensors"), "bench", progress, CancellationToken.None);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;
}
