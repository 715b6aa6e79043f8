using System.Text.Json;
using Platform.Api.Serving;

namespace Platform.Api.Deployments;

/// <summary>A prediction that was recorded when the model version was evaluated.</summary>
internal sealed record ParitySample(string Task, string Text, string? Text2, string Output, double Score);

/// <summary>
/// The sample predictions stored in a model version's folder: one JSON object a line with task, text, text2, output and score.
/// A served model that answers otherwise than the evaluated one must not go live.
/// </summary>
internal static class ParityEvidence
{
    public const string FileName = "parity.jsonl";

    /// <summary>Another machine or thread count changes the order of sums, and with it the last digits.</summary>
    private const double ScoreTolerance = 1e-3;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static IReadOnlyList<ParitySample> Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return [];
        return [.. File.ReadLines(path).Select((line, index) => (Line: line, Number: index + 1)).Where(row => !string.IsNullOrWhiteSpace(row.Line)).Select(row => Parse(row.Line, row.Number))];
    }

    /// <returns>One sentence per sample that came out differently.</returns>
    public static IReadOnlyList<string> Differences(ISharedModel model, IReadOnlyList<ParitySample> samples)
    {
        if (samples.Count == 0)
            return [];
        var answers = model.Predict([.. samples.Select(sample => (sample.Task, sample.Text, sample.Text2))]);
        return [.. samples.Zip(answers).Index()
            .Where(pair => pair.Item.First.Output != pair.Item.Second.Output || !(Math.Abs(pair.Item.First.Score - pair.Item.Second.Score) <= ScoreTolerance))
            .Select(pair => $"Sample {pair.Index + 1} ({pair.Item.First.Task}) was '{pair.Item.First.Output}' with score {pair.Item.First.Score:0.####} when it was evaluated, and is '{pair.Item.Second.Output}' with {pair.Item.Second.Score:0.####} now.")];
    }

    private static ParitySample Parse(string line, int number)
    {
        try
        {
            return JsonSerializer.Deserialize<ParitySample>(line, Json) is { Task: not null, Text: not null, Output: not null } sample
                ? sample
                : throw new InvalidDataException($"{FileName}, line {number}: task, text or output is missing.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{FileName}, line {number}: not valid JSON: {exception.Message}", exception);
        }
    }
}
