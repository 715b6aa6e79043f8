using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using Platform.Engine.Tokenization;

namespace Platform.Cli.Tests.ModelTools;

/// <summary>A real model folder, small enough to make in a moment: random weights, a tokenizer trained on a few sentences.</summary>
internal static class TinyModel
{
    public const string Sentences = "The guest was happy with the room.\nThe room was not what the guest wanted.\nBreakfast was fine, the wifi was poor.\n";

    public static ModelConfig Shape { get; } = new()
    {
        Family = "llama",
        VocabularySize = 300,
        HiddenSize = 32,
        IntermediateSize = 64,
        Layers = 2,
        QueryHeads = 2,
        KeyValueHeads = 1,
        HeadSize = 16,
        ContextTokens = 64,
        TiedHead = true,
        BeginToken = 0,
        EndToken = 0,
    };

    public static void WriteTo(string folder)
    {
        var tokenizer = TokenizerTrainer.Train(
            Enumerable.Repeat(Sentences, 20),
            new TokenizerTrainerOptions { VocabularySize = Shape.VocabularySize, SpecialTokens = ["<|endoftext|>"], ModelMaximumLength = Shape.ContextTokens },
            TestContext.Current.CancellationToken);
        using var model = new CausalLanguageModel(Shape);
        model.Initialize(seed: 7);
        HuggingFaceFolder.Save(folder, model, tokenizer);
    }
}
