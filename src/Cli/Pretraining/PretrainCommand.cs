using System.CommandLine;
using System.CommandLine.Parsing;
using Platform.Cli.Terminal;
using Platform.Engine.Models;
using Platform.Engine.Native;
using Platform.Engine.Pretraining;

namespace Platform.Cli.Pretraining;

/// <summary>Makes a base model from nothing: tokenizer, encoded corpus, weights; each part goes on where it was stopped.</summary>
internal static class PretrainCommand
{
    /// <summary>English text has about this many characters a token with a vocabulary of 8,192; more than enough is encoded.</summary>
    private const int CharactersPerToken = 5;

    private static readonly Option<string> Corpus = new("--corpus") { Description = "Text in which a line <|endoftext|> ends each document: a file, an .xz file, or - for standard input", HelpName = "FILE", Required = true };
    private static readonly Option<string> Out = new("--out") { Description = "Where the Hugging Face folder goes", HelpName = "DIR", Required = true };
    private static readonly Option<long> Tokens = new("--tokens") { Description = "Tokens of the whole training", HelpName = "N", Required = true, Validators = { AtLeastOne } };
    private static readonly Option<string?> Work = new("--work") { Description = "Tokenizer, encoded corpus, checkpoint and loss curve; the same folder goes on where it was stopped; default: the --out folder's name with .work", HelpName = "DIR" };
    private static readonly Option<long?> Characters = new("--characters") { Description = $"How much of the corpus is encoded, characters; default: {CharactersPerToken} for each token", HelpName = "N" };
    private static readonly Option<long> TokenizerCharacters = new("--tokenizer-characters") { Description = "How much of the corpus the tokenizer is trained on, characters", HelpName = "N", DefaultValueFactory = _ => 30_000_000 };
    private static readonly Option<string?> Shape = new("--config") { Description = "A config.json with the model's shape; default: Llama, 6 layers of 320, vocabulary 8192, context 512", HelpName = "FILE" };
    private static readonly Option<int> Sequence = new("--sequence-tokens") { Description = "Tokens of one sequence", HelpName = "N", DefaultValueFactory = _ => 512, Validators = { AtLeastOne } };
    private static readonly Option<int> Batch = new("--batch-tokens") { Description = "Tokens of one update", HelpName = "N", DefaultValueFactory = _ => 4096, Validators = { AtLeastOne } };
    private static readonly Option<int> MicroBatch = new("--micro-batch-tokens") { Description = "Tokens of one forward pass; less needs less memory", HelpName = "N", DefaultValueFactory = _ => 2048, Validators = { AtLeastOne } };
    private static readonly Option<long> Seed = new("--seed") { Description = "Fixes the first weights and the order of the data", HelpName = "N", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Validation = new("--validation-sequences") { Description = "Sequences at the corpus's end that only measure", HelpName = "N", DefaultValueFactory = _ => 64, Validators = { AtLeastOne } };
    private static readonly Option<int> Checkpoint = new("--checkpoint-seconds") { Description = "Time between two checkpoints", HelpName = "N", DefaultValueFactory = _ => 300, Validators = { AtLeastOne } };

    public static Command Create()
    {
        var command = new Command("pretrain", "Train a base model from random weights on plain text; Ctrl-C stores a checkpoint, the same command goes on")
        {
            Corpus, Out, Tokens, Work, Characters, TokenizerCharacters, Shape, Sequence, Batch, MicroBatch, Seed, Validation, Checkpoint,
        };
        // The training owns its thread from here to the end: nothing else runs in this process.
        command.SetAction((parsed, cancellationToken) => Task.Factory.StartNew(
            () => Run(parsed, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed);
        var outFolder = Path.GetFullPath(parsed.GetRequiredValue(Out));
        var workFolder = Path.GetFullPath(parsed.GetValue(Work) ?? outFolder + ".work");
        Directory.CreateDirectory(workFolder);
        void Report(string line) => (output.IsJson ? output.Errors : Console.Out).WriteLine(line);

        TorchRuntime.Initialize();
        var corpus = CorpusFile.Prepare(parsed.GetRequiredValue(Corpus), workFolder, Report);
        var tokens = parsed.GetValue(Tokens);
        var training = new BaseModelTraining
        {
            WorkFolder = workFolder,
            CorpusCharacters = parsed.GetValue(Characters) ?? tokens * CharactersPerToken,
            TokenizerCharacters = parsed.GetValue(TokenizerCharacters),
            Shape = parsed.GetValue(Shape) is { } shape ? ModelConfig.Load(shape) : BaseModelTraining.DefaultShape,
        };
        var lines = new PretrainingLines(Report);
        var loss = RunParts(training, corpus, Options(parsed, tokens), outFolder, Report, lines, cancellationToken);
        if (loss is not { } validationLoss)
        {
            Report($"Stopped; the checkpoint is in {workFolder}. The same command goes on from it.");
            return ExitCodes.Interrupted;
        }

        if (output.IsJson)
            output.Json(new { validation_loss = validationLoss, tokens, folder = outFolder });
        return ExitCodes.Done;
    }

    private static double? RunParts(
        BaseModelTraining training, CorpusFile corpus, PretrainingOptions options, string outFolder, Action<string> report, PretrainingLines lines, CancellationToken cancellationToken)
    {
        try
        {
            return training.Run(corpus.Open, options, outFolder, report, lines.Show, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (ArgumentException exception)
        {
            // The corpus is too small for the sequences, or the shape does not fit the tokenizer: what the command line asked for.
            throw new CommandFailure(exception.Message);
        }
    }

    /// <summary>Zero of anything that is counted here makes no sense.</summary>
    private static void AtLeastOne(OptionResult result)
    {
        if (result.Tokens is [var given] && long.TryParse(given.Value, out var number) && number < 1)
            result.AddError($"{result.Option.Name} must be at least 1.");
    }

    private static PretrainingOptions Options(ParseResult parsed, long tokens) => new()
    {
        TotalTokens = tokens,
        SequenceTokens = parsed.GetValue(Sequence),
        BatchTokens = parsed.GetValue(Batch),
        MicroBatchTokens = parsed.GetValue(MicroBatch),
        Seed = parsed.GetValue(Seed),
        ValidationSequences = parsed.GetValue(Validation),
        CheckpointInterval = TimeSpan.FromSeconds(parsed.GetValue(Checkpoint)),
    };
}
