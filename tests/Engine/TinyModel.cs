using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Tests;

/// <summary>A real but tiny model, tokenizer and tasks, made in a moment.</summary>
internal static class TinyModel
{
    private static readonly string[] Colours = ["red", "green", "blue"];

    private static readonly Lazy<Tokenizer> SharedTokenizer = new(() => TokenizerTrainer.Train(
        [.. Enumerable.Range(0, 40).Select(i => $"the {Colours[i % 3]} bird number {i} sings a warm song, says the keeper")],
        new TokenizerTrainerOptions { VocabularySize = 320 }));

    public static Tokenizer Tokenizer => SharedTokenizer.Value;

    public static PromptBuilder Prompts => new(Tokenizer, endToken: 0);

    public static ModelConfig Config { get; } = new()
    {
        Family = "llama",
        VocabularySize = 320,
        HiddenSize = 32,
        IntermediateSize = 64,
        Layers = 2,
        QueryHeads = 4,
        KeyValueHeads = 2,
        HeadSize = 8,
        ContextTokens = 96,
        TiedHead = true,
        EndToken = 0,
    };

    public static CausalLanguageModel Create(long seed = 3)
    {
        var model = new CausalLanguageModel(Config);
        model.Initialize(seed);
        return model;
    }

    /// <summary>A task that can be learnt: name the colour in the text.</summary>
    public static TaskData ColourTask(string name = "colour", int rows = 24) => new(
        new TaskSpec { Name = name, Kind = TaskKind.Classification, Instruction = "Name the colour.", Labels = Colours, Metric = "accuracy" },
        Rows(rows, 0),
        Rows(6, 100),
        Rows(9, 200));

    /// <summary>A task that is answered in free text.</summary>
    public static TaskData EchoTask(string name = "echo", int rows = 12) => new(
        new TaskSpec { Name = name, Kind = TaskKind.Generation, Instruction = "Repeat the colour twice.", Metric = "exact_match", MaxOutputTokens = 8 },
        [.. Rows(rows, 0).Select(r => r with { Output = $"{r.Output} {r.Output}" })],
        [.. Rows(3, 100).Select(r => r with { Output = $"{r.Output} {r.Output}" })],
        [.. Rows(3, 200).Select(r => r with { Output = $"{r.Output} {r.Output}" })]);

    private static List<Example> Rows(int count, int from) =>
        [.. Enumerable.Range(from, count).Select(i => new Example($"r{i}", $"the {Colours[i % 3]} bird number {i} sings", null, Colours[i % 3], []))];
}
