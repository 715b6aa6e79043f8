using System.Globalization;
using System.Text.Json;
using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using Platform.Engine.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Pretraining;

/// <summary>A base model from nothing: trains a tokenizer on the corpus, then the weights, and saves both as a Hugging Face folder.</summary>
/// <remarks>Every part is resumable: what the work folder already holds is not made again.</remarks>
public sealed class BaseModelTraining
{
    /// <summary>The token that ends every text.</summary>
    public const string EndOfText = "<|endoftext|>";

    // The loss of an update that was left out may be no number.
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Folder with the tokenizer, the encoded corpus, the checkpoint and the loss curve.</summary>
    public required string WorkFolder { get; init; }

    /// <summary>How much of the corpus the tokenizer is trained on, characters.</summary>
    public long TokenizerCharacters { get; init; } = 30_000_000;

    /// <summary>How much of the corpus is encoded for training, characters.</summary>
    public required long CorpusCharacters { get; init; }

    /// <summary>The model's shape; its vocabulary and end token must fit the tokenizer (see <see cref="DefaultShape"/>).</summary>
    public ModelConfig Shape { get; init; } = DefaultShape;

    /// <summary>About 9 million weights: small enough for git and for training on two CPU cores.</summary>
    public static ModelConfig DefaultShape { get; } = new()
    {
        Family = "llama",
        VocabularySize = 8192,
        HiddenSize = 320,
        IntermediateSize = 864,
        Layers = 6,
        QueryHeads = 5,
        KeyValueHeads = 1,
        HeadSize = 64,
        ContextTokens = 512,
        TiedHead = true,
        BeginToken = 0,
        EndToken = 0,
    };

    /// <summary>Runs what is still to do.</summary>
    /// <param name="openCorpus">Opens the corpus from its start: documents, each ended by a line <c>&lt;|endoftext|&gt;</c>.</param>
    /// <param name="options">How to train.</param>
    /// <param name="outputFolder">Where the Hugging Face folder goes.</param>
    /// <param name="report">Receives a line of text for each part.</param>
    /// <param name="progress">Receives every update of the training.</param>
    /// <param name="cancellationToken">Stops after the current update; a later call goes on.</param>
    /// <returns>Validation loss, nats per token, or null when it was stopped.</returns>
    public double? Run(
        Func<TextReader> openCorpus,
        PretrainingOptions options,
        string outputFolder,
        Action<string> report,
        Action<PretrainingProgress> progress,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(openCorpus);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(progress);
        var tokenizer = PrepareTokenizer(openCorpus, report, cancellationToken);
        var corpus = PrepareCorpus(openCorpus, tokenizer, report);
        report($"{corpus.Count:N0} tokens; the model has {Shape.ParameterCount():N0} weights");

        using var model = new CausalLanguageModel(Shape);
        using var pretrainer = new Pretrainer(model, corpus, options, Path.Combine(WorkFolder, "checkpoint.safetensors"));
        using var curve = new StreamWriter(Path.Combine(WorkFolder, "loss.jsonl"), append: true);
        var loss = pretrainer.Run(
            step =>
            {
                curve.WriteLine(JsonSerializer.Serialize(step, Json));
                curve.Flush();
                progress(step);
            },
            report,
            cancellationToken);
        if (cancellationToken.IsCancellationRequested)
            return null;

        // Half precision keeps the embedded model small in git; fine-tuning widens it to float32 again.
        HuggingFaceFolder.Save(outputFolder, model, tokenizer, ScalarType.Float16);
        report(string.Create(CultureInfo.InvariantCulture, $"validation loss {loss:F4} nats per token; saved to {outputFolder}"));
        return loss;
    }

    private Tokenizer PrepareTokenizer(Func<TextReader> openCorpus, Action<string> report, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(WorkFolder, "tokenizer");
        if (File.Exists(Path.Combine(folder, "tokenizer.json")))
            return Tokenizer.Load(folder);
        report($"training the tokenizer on {TokenizerCharacters:N0} characters");
        using var reader = openCorpus();
        var trained = TokenizerTrainer.Train(
            TokenFile.Documents(reader, TokenizerCharacters),
            new TokenizerTrainerOptions { VocabularySize = Shape.VocabularySize, SpecialTokens = [EndOfText], ModelMaximumLength = Shape.ContextTokens },
            cancellationToken);
        trained.Save(folder);
        return trained;
    }

    private TokenFile PrepareCorpus(Func<TextReader> openCorpus, Tokenizer tokenizer, Action<string> report)
    {
        var path = Path.Combine(WorkFolder, "corpus.tokens");
        if (!File.Exists(path))
        {
            report($"encoding {CorpusCharacters:N0} characters");
            using var reader = openCorpus();
            TokenFile.Write(path, TokenFile.Documents(reader, CorpusCharacters), tokenizer, tokenizer.TokenId(EndOfText)!.Value);
        }

        return TokenFile.Read(path);
    }
}
