using Platform.Engine.Models;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;

namespace Platform.Api.Tests;

/// <summary>A real model version of two small layers with random weights, on a tokenizer trained on the spot.</summary>
internal static class TinyModel
{
    public const int ContextTokens = 96;

    private static readonly Lazy<Tokenizer> Words = new(() => TokenizerTrainer.Train(
        Enumerable.Range(0, 40).Select(i => $"the room {i} was clean and the staff was kind, we want to change flight {i * 7} to the next day"),
        new TokenizerTrainerOptions { VocabularySize = 300 }));

    public static void Save(string folder, long seed, IEnumerable<TaskSpec> tasks, string? isolated = null)
    {
        var config = new ModelConfig
        {
            Family = "qwen2",
            VocabularySize = Words.Value.VocabularySize,
            HiddenSize = 32,
            IntermediateSize = 64,
            Layers = 2,
            QueryHeads = 4,
            KeyValueHeads = 2,
            HeadSize = 8,
            ContextTokens = ContextTokens,
            TiedHead = true,
            QueryKeyValueBias = true,
            EndToken = 0,
        };
        using var model = new CausalLanguageModel(config);
        model.Initialize(seed);
        using var adapter = new LoraAdapter(model, rank: 2, alpha: 4, seed);
        MultiTaskModel.Save(folder, model, Words.Value, [.. tasks.Select(task => (task, task.Name == isolated ? adapter : null))]);
    }
}
