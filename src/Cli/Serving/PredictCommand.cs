using System.CommandLine;
using Platform.Cli.Terminal;
using Spectre.Console;

namespace Platform.Cli.Serving;

internal static class PredictCommand
{
    /// <summary>Inputs of one request.</summary>
    private const int Chunk = 32;

    private static readonly Argument<string> Task = new("TASK") { Description = "The task's name" };
    private static readonly Option<string?> Text = new("--text") { Description = "The input", HelpName = "T" };
    private static readonly Option<string?> Text2 = new("--text2") { Description = "The second text of a pair", HelpName = "T" };
    private static readonly Option<string?> File = new("--file") { Description = "Many inputs, one JSON object a line: {\"id\", \"text\", \"text2\"} or a bundle's rows", HelpName = "inputs.jsonl" };
    private static readonly Option<int?> Top = new("--top") { Description = "How many alternatives to show", HelpName = "K" };
    private static readonly Option<string?> Key = new("--key") { Description = "The API key; default: PLATFORM_API_KEY", HelpName = "sk-..." };
    private static readonly Option<string?> Url = PlatformUrls.ApiOption();

    public static Command Create()
    {
        var command = new Command("predict", "Ask the served model, over the API") { Task, Text, Text2, File, Top, Key, Url };
        command.Validators.Add(result =>
        {
            if (result.GetResult(Text) is null == result.GetResult(File) is null)
                result.AddError("Give the input by exactly one of --text and --file.");
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed);
        var key = parsed.GetValue(Key) ?? Environment.GetEnvironmentVariable("PLATFORM_API_KEY");
        if (string.IsNullOrWhiteSpace(key))
            throw new CommandFailure("The API key is missing. Set PLATFORM_API_KEY, or give --key; `platform keys issue` makes one.");
        using var client = new ApiClient(PlatformUrls.ApiOf(parsed.GetValue(Url)), key);
        var inputs = parsed.GetValue(Text) is { } text ? [new PredictInput(null, text, parsed.GetValue(Text2))] : InputFile.Read(parsed.GetValue(File)!);
        PredictResponse? all = null;
        foreach (var chunk in inputs.Chunk(Chunk))
        {
            var part = await client.PredictAsync(parsed.GetRequiredValue(Task), new PredictRequest(chunk, parsed.GetValue(Top)), cancellationToken);
            all = all is null ? part : part with { Predictions = [.. all.Predictions, .. part.Predictions], Usage = all.Usage.Plus(part.Usage) };
        }

        if (all is null)
            throw new CommandFailure($"{parsed.GetValue(File)}: there is no input in the file.");
        output.Result(all, () => Show(output, all));
        return ExitCodes.Done;
    }

    private static void Show(Output output, PredictResponse response)
    {
        foreach (var row in response.Predictions)
        {
            output.Line($"{(row.Id is { Length: > 0 } id ? id + "  " : "")}{(row.Abstained ? "abstained" : row.Output)}  ({row.Score:P1})");
            foreach (var other in row.Alternatives ?? [])
                output.Console.Write(new Padder(new Text($"{other.Score:P1}  {other.Output}"), new Padding(4, 0, 0, 0)));
        }

        var usage = response.Usage;
        output.Errors.WriteLine($"model version {response.ModelVersion}; {usage.PromptTokens} prompt tokens ({usage.CachedTokens} cached), {usage.CompletionTokens} completion tokens, {usage.DeviceMs:F1} ms device time, {usage.Cost.Amount:0.#########} {usage.Cost.Currency}");
    }
}
