using System.Text.Json;
using Platform.Engine.Evaluation.Calibration;
using Platform.Engine.Tasks;

namespace Platform.Engine.Evaluation;

/// <summary>A model's answers to a split, with the temperature that its scores are served at.</summary>
/// <param name="Predictions">The answers, with probabilities as the model gave them.</param>
/// <param name="Fit">The temperature, fitted on the validation split; null when that was not tried.</param>
public sealed record AnsweredSplit(IReadOnlyList<Prediction> Predictions, TemperatureFit? Fit)
{
    /// <summary>The temperature in use; null for none.</summary>
    public double? Temperature => Fit?.Temperature;
}

/// <summary>
/// Answers kept for comparisons: <c>predictions.jsonl</c> with one row as JSON on each line, <c>labels.json</c> with the labels in the order in
/// which rows list their probabilities, and <c>calibration.json</c> with the temperature.
/// </summary>
public static class PredictionFolder
{
    private const string RowsFile = "predictions.jsonl";
    private const string LabelsFile = "labels.json";
    private const string CalibrationFile = "calibration.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Whether a folder holds answers.</summary>
    /// <param name="folder">The folder.</param>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, RowsFile));

    /// <summary>Writes answers.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="task">The task.</param>
    /// <param name="answered">The answers.</param>
    public static void Write(string folder, TaskSpec task, AnsweredSplit answered)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(answered);
        File.WriteAllLines(Path.Combine(folder, RowsFile), answered.Predictions.Select(row => JsonSerializer.Serialize(row, Json)));
        if (task.IsClosed)
            File.WriteAllText(Path.Combine(folder, LabelsFile), JsonSerializer.Serialize(task.Labels, Json));
        if (answered.Fit is { } fit)
            File.WriteAllText(Path.Combine(folder, CalibrationFile), JsonSerializer.Serialize(fit, Json));
    }

    /// <summary>Reads answers.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="InvalidDataException">A file is malformed; the message names it.</exception>
    public static AnsweredSplit Read(string folder)
    {
        var calibration = Path.Combine(folder, CalibrationFile);
        return new AnsweredSplit(
            [.. File.ReadLines(Path.Combine(folder, RowsFile)).Index().Where(line => line.Item.Length > 0).Select(line => Parse<Prediction>(line.Item, $"{RowsFile}, line {line.Index + 1}"))],
            File.Exists(calibration) ? Parse<TemperatureFit>(File.ReadAllText(calibration), CalibrationFile) : null);
    }

    private static T Parse<T>(string json, string place)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Json) ?? throw new InvalidDataException($"{place} is empty.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{place}: not valid JSON: {exception.Message}", exception);
        }
    }
}
