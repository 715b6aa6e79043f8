using System.Globalization;
using System.Text.Json;
using Platform.Engine.Checkpoints;
using Platform.Engine.Generation;
using Platform.Engine.Tasks;

namespace Platform.Engine.Serving;

/// <summary>An answer that a model version gave where it was made, for the server to give again before it goes live.</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="Text">The input.</param>
/// <param name="Text2">The second text of pair tasks, or null.</param>
/// <param name="Output">The answer.</param>
/// <param name="Score">Its score.</param>
public sealed record ParitySample(string Task, string Text, string? Text2, string Output, double Score)
{
    /// <summary>File in a model version's folder, one sample as JSON on each line.</summary>
    public const string FileName = "parity.jsonl";

    /// <summary>Another machine or number of threads changes the order of sums, and with it the last digits of a score.</summary>
    public const double ScoreTolerance = 1e-3;

    /// <summary>A row that alone and in a batch already differs by more is a near tie, which another machine may decide otherwise.</summary>
    private const double TieTolerance = 1e-4;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Answers rows as the server will and keeps those whose answers do not hang by a thread.</summary>
    /// <param name="model">The model as it was saved.</param>
    /// <param name="rows">Rows with the name of their task; those that do not fit the context are left out.</param>
    /// <param name="cancellationToken">Checked between forward passes.</param>
    public static IReadOnlyList<ParitySample> Record(MultiTaskModel model, IEnumerable<(string Task, Example Row)> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        var inputs = rows.Select(r => new ServedInput(r.Task, r.Row.Text, r.Row.Text2))
            .Where(i => model.CountPromptTokens(i.Task, i.Text, i.Text2) <= model.MaxPromptTokens(i.Task)).ToList();
        var together = model.Predict(inputs, cancellationToken: cancellationToken);
        return [.. inputs.Zip(together)
            .Where(pair => IsSame(pair.Second, model.Predict([pair.First], cancellationToken: cancellationToken).Single(), TieTolerance))
            .Select(pair => new ParitySample(pair.First.Task, pair.First.Text, pair.First.Text2, pair.Second.Output, pair.Second.Score))];
    }

    /// <summary>Writes the samples of a model version.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="samples">The samples.</param>
    public static void Write(string folder, IReadOnlyList<ParitySample> samples) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), string.Concat(samples.Select(sample => JsonSerializer.Serialize(sample, Json) + "\n")));

    /// <summary>Reads the samples of a model version; none when it has no such file.</summary>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="InvalidDataException">A line is not a sample; the message names it.</exception>
    public static IReadOnlyList<ParitySample> Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return [];
        return [.. File.ReadLines(path).Index().Where(line => !string.IsNullOrWhiteSpace(line.Item)).Select(line => Parse(line.Item, line.Index + 1))];
    }

    /// <summary>One sentence for each sample that is answered otherwise now.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="answers">What the server answers, in the same order.</param>
    /// <param name="tolerance">By how much a score may differ.</param>
    public static IReadOnlyList<string> Differences(IReadOnlyList<ParitySample> samples, IReadOnlyList<Answer> answers, double tolerance = ScoreTolerance) =>
        [.. samples.Zip(answers).Index().Where(pair => !IsSame(pair.Item.First, pair.Item.Second, tolerance)).Select(pair => string.Create(
            CultureInfo.InvariantCulture,
            $"Sample {pair.Index + 1} ({pair.Item.First.Task}) was '{pair.Item.First.Output}' with score {pair.Item.First.Score:0.####} when it was evaluated, and is '{pair.Item.Second.Output}' with {pair.Item.Second.Score:0.####} now."))];

    private static bool IsSame(ParitySample sample, Answer answer, double tolerance) => answer.Output == sample.Output && Math.Abs(answer.Score - sample.Score) <= tolerance;

    private static bool IsSame(Answer one, Answer other, double tolerance) => one.Output == other.Output && Math.Abs(one.Score - other.Score) <= tolerance;

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
