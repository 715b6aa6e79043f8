using System.CommandLine;
using Platform.Cli.Terminal;
using Platform.Engine.Checkpoints;
using Platform.Engine.Generation;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Models;
using Platform.Engine.Native;
using Platform.Engine.Tokenization;

namespace Platform.Cli.ModelTools;

internal static class GenerateCommand
{
    private const int DefaultTokens = 64;

    private static readonly Option<string> Model = ModelOption.Create();
    private static readonly Option<string> Prompt = new("--prompt") { Description = "The text to go on from", HelpName = "T", Required = true };
    private static readonly Option<int> MaxTokens = new("--max-tokens") { Description = "Longest continuation, tokens; the model's context ends it too", HelpName = "N", DefaultValueFactory = _ => DefaultTokens };
    private static readonly Option<double> Temperature = new("--temperature") { Description = "0 takes the most likely token each time; 1 draws from the model's own distribution", HelpName = "X" };
    private static readonly Option<int> TopK = new("--top-k") { Description = "Draw from this many most likely tokens only; 0 for all", HelpName = "N" };
    private static readonly Option<double> TopP = new("--top-p") { Description = "Draw from the fewest tokens whose probabilities add up to this", HelpName = "X", DefaultValueFactory = _ => 1 };
    private static readonly Option<double> MinP = new("--min-p") { Description = "Leave out tokens less likely than this share of the most likely one", HelpName = "X" };
    private static readonly Option<long?> Seed = new("--seed") { Description = "Fixes the draw", HelpName = "N" };
    private static readonly Option<string[]> Stop = new("--stop") { Description = "Ends the continuation before this text; may be given several times", HelpName = "T" };
    private static readonly Option<string[]> Choice = new("--choice") { Description = "The continuation is one of these; give it once for each", HelpName = "T" };
    private static readonly Option<string> Regex = new("--regex") { Description = "The continuation matches this regular expression as a whole", HelpName = "R" };
    private static readonly Option<FileInfo> Schema = new("--json-schema") { Description = "The continuation is JSON that fits the schema in this file", HelpName = "FILE" };

    public static Command Create()
    {
        MaxTokens.Validators.Add(result =>
        {
            if (result.Tokens is [var given] && int.TryParse(given.Value, out var number) && number < 1)
                result.AddError("--max-tokens must be at least 1.");
        });
        Prompt.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }])
                result.AddError("--prompt is empty; give at least one character.");
        });
        var command = new Command("generate", "The model's continuation of a prompt, without the prompt; the most likely one when nothing else is said")
        {
            Model, Prompt, MaxTokens, Temperature, TopK, TopP, MinP, Seed, Stop, Choice, Regex, Schema,
        };
        command.Validators.Add(result =>
        {
            if (new[] { result.GetResult(Choice), result.GetResult(Regex), (object?)result.GetResult(Schema) }.Count(given => given is not null) > 1)
                result.AddError("--choice, --regex and --json-schema each say what the whole continuation looks like; give one of them.");
        });
        command.SetAction((parsed, cancellationToken) => Task.FromResult(Run(parsed, cancellationToken)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed);
        var text = Generate(parsed, cancellationToken).Text;
        output.Result(new { text }, () => output.Line(text));
        return 0;
    }

    private static GeneratedText Generate(ParseResult parsed, CancellationToken cancellationToken)
    {
        TorchRuntime.Initialize();
        var folder = parsed.GetRequiredValue(Model);
        var tokenizer = Tokenizer.Load(folder);
        using var model = HuggingFaceFolder.LoadModel(folder, TorchSharp.torch.CPU);
        var sampling = new SamplingOptions
        {
            Temperature = parsed.GetValue(Temperature),
            TopK = parsed.GetValue(TopK),
            TopP = parsed.GetValue(TopP),
            MinP = parsed.GetValue(MinP),
            Seed = parsed.GetValue(Seed),
        };
        if (sampling.Problems(model.Config.VocabularySize) is { Count: > 0 } problems)
            throw new CommandFailure(string.Join('\n', problems.Select(problem => $"--{problem.Field.Replace('_', '-')}: {problem.Message}")));
        var (length, context) = (tokenizer.Encode(parsed.GetRequiredValue(Prompt), addSpecialTokens: true).Length, model.Config.ContextTokens);
        if (length >= context)
            throw new CommandFailure($"--prompt has {length} tokens; the model's context of {context} leaves no room for an answer. Shorten it to at most {context - 1} tokens.");
        using var generator = new TextGenerator(model, tokenizer, GenerationConfig.Load(folder).EndTokens);
        return generator.Generate(
            parsed.GetRequiredValue(Prompt),
            new TextOptions
            {
                MaxTokens = Math.Min(parsed.GetValue(MaxTokens), context - length),
                Sampling = sampling,
                Constraint = Constraint(parsed, tokenizer, generator),
                Stops = Stops(parsed),
            },
            cancellationToken: cancellationToken);
    }

    private static Constraint? Constraint(ParseResult parsed, Tokenizer tokenizer, TextGenerator generator)
    {
        var (choices, regex, schema) = (parsed.GetValue(Choice) ?? [], parsed.GetValue(Regex), parsed.GetValue(Schema));
        if (choices.Length == 0 && regex is null && schema is null)
            return null;
        if (schema is { Exists: false })
            throw new CommandFailure($"--json-schema: there is no file {schema.FullName}.");
        try
        {
            var vocabulary = new TokenVocabulary(tokenizer, generator.EndTokens);
            if (choices.Length > 0)
                return Engine.Generation.Constraints.Constraint.FromLabels(choices, vocabulary);
            return regex is not null
                ? Engine.Generation.Constraints.Constraint.FromRegex(regex, vocabulary)
                : Engine.Generation.Constraints.Constraint.FromJsonSchema(File.ReadAllText(schema!.FullName), vocabulary);
        }
        catch (InvalidConstraintException exception)
        {
            throw new CommandFailure($"{(choices.Length > 0 ? "--choice" : regex is not null ? "--regex" : "--json-schema")}: {exception.Message}");
        }
    }

    private static StopStrings Stops(ParseResult parsed)
    {
        try
        {
            return new StopStrings(parsed.GetValue(Stop) ?? []);
        }
        catch (ArgumentException exception)
        {
            throw new CommandFailure($"--stop: {exception.Message}");
        }
    }
}
