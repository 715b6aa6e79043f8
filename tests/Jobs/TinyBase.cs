using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using Platform.Engine.Native;
using Platform.Engine.Tokenization;

namespace Platform.Jobs.Tests;

/// <summary>A base model of two small layers with drawn weights, and a tokenizer that knows the tests' words. Made in a moment.</summary>
internal static class TinyBase
{
    private static readonly Lock Gate = new();

    public static void Write(string folder)
    {
        lock (Gate)
        {
            TorchRuntime.Initialize(1);
            var tokenizer = TokenizerTrainer.Train(TinyTasks.Texts(), new TokenizerTrainerOptions { VocabularySize = 512 });
            var config = new ModelConfig
            {
                Family = "llama",
                VocabularySize = tokenizer.VocabularySize,
                HiddenSize = 32,
                IntermediateSize = 64,
                Layers = 2,
                QueryHeads = 2,
                KeyValueHeads = 1,
                HeadSize = 16,
                ContextTokens = 96,
                TiedHead = true,
                EndToken = tokenizer.EndOfTextId,
            };
            using var model = new CausalLanguageModel(config);
            model.Initialize(3);
            HuggingFaceFolder.Save(folder, model, tokenizer);
        }
    }
}
