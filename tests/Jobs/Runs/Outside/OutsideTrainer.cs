using System.Text.Json;
using Platform.Engine.Checkpoints;
using Platform.Engine.Native;
using Platform.Engine.Tokenization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Platform.Jobs.Tests.Runs.Outside;

/// <summary>A trainer that knows nothing but an exported folder and a model: the lines in their order, and what stageN.json says.</summary>
internal static class OutsideTrainer
{
    public static void Train(string exported, int stage, string model, string result)
    {
        TorchRuntime.Initialize(1);
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(exported, $"stage{stage}.json")));
        var settings = document.RootElement;
        using var trained = HuggingFaceFolder.LoadModel(model);
        using var optimizer = Optimizer(trained, settings.GetProperty("optimizer"));
        var updates = File.ReadLines(Path.Combine(exported, settings.GetProperty("data").GetString()!))
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line)).GroupBy(row => row.GetProperty("update").GetInt64()).ToList();
        foreach (var (step, update) in updates.Index())
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            foreach (var row in update)
                Loss(trained, row).backward();
            nn.utils.clip_grad_norm_(trained.parameters(), settings.GetProperty("optimizer").GetProperty("clipNorm").GetDouble());
            var rate = settings.GetProperty("optimizer").GetProperty("learningRate").GetDouble() * Factor(settings, step);
            foreach (var group in optimizer.ParamGroups)
                group.LearningRate = rate;
            optimizer.step();
        }

        HuggingFaceFolder.Save(result, trained, Tokenizer.Load(model));
    }

    /// <summary>Decay is for matrices alone.</summary>
    private static AdamW Optimizer(nn.Module model, JsonElement settings)
    {
        double Of(string name) => settings.GetProperty(name).GetDouble();
        AdamW.ParamGroup Group(bool matrices) => new(
            model.parameters().Where(parameter => parameter.dim() > 1 == matrices),
            new() { LearningRate = Of("learningRate"), weight_decay = matrices ? Of("weightDecay") : 0, beta1 = Of("beta1"), beta2 = Of("beta2"), eps = Of("epsilon") });
        return optim.AdamW([Group(true), Group(false)], Of("learningRate"), Of("beta1"), Of("beta2"), Of("epsilon"));
    }

    private static Tensor Loss(Engine.Models.CausalLanguageModel model, JsonElement row)
    {
        var ids = tensor(row.GetProperty("input_ids").EnumerateArray().Select(id => id.GetInt64()).ToArray()).unsqueeze(0); // [1, T]
        var mask = tensor(row.GetProperty("completion_mask").EnumerateArray().Select(one => one.GetSingle()).ToArray());
        var logits = model.Head(model.Hidden(ids))[0][TensorIndex.Slice(0, -1)]; // [T - 1, V]
        var losses = nn.functional.cross_entropy(logits, ids[0][TensorIndex.Slice(1)], reduction: nn.Reduction.None);
        return (losses * mask[TensorIndex.Slice(1)]).sum() * row.GetProperty("token_weight").GetDouble();
    }

    private static double Factor(JsonElement settings, int step)
    {
        var schedule = settings.GetProperty("schedule");
        var (warmup, before, all) = (schedule.GetProperty("warmupUpdates").GetInt64(), schedule.GetProperty("updatesBefore").GetInt64(), schedule.GetProperty("updatesInAll").GetInt64());
        var last = schedule.GetProperty("finalShare").GetDouble();
        Assert.Equal("cosine", schedule.GetProperty("curve").GetString());
        var done = Math.Clamp((step + before - warmup) / (double)Math.Max(1, all - warmup), 0, 1);
        var fall = last + ((1 - last) * 0.5 * (1 + Math.Cos(Math.PI * done)));
        return step < warmup ? fall * (step + 1.0) / warmup : fall;
    }
}
