using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Platform.Engine.Training;

namespace Platform.Jobs.Runs;

/// <summary>What steps leave for later ones, for the pages and for the model card.</summary>
internal static class StepResults
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },

        // A loss may be no number; that must not keep a result from being stored.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals | JsonNumberHandling.AllowReadingFromString,
    };

    public static string Write<T>(T result) => JsonSerializer.Serialize(result, Json);

    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Json) ?? throw new InvalidDataException("A step's result is empty.");

    /// <summary>The same values give the same name, in every process.</summary>
    public static string Hash<T>(T values) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(values, Json)));
}

internal sealed record CheckedTask(string Task, long TrainRows, long LongRows);

internal sealed record CheckedData(string BaseModelSha256, int ContextTokens, IReadOnlyList<CheckedTask> Tasks);

/// <param name="Reused">It was measured by an earlier run with the same data, base model and recipe.</param>
internal sealed record BaselineOutcome(double TestScore, double ValidationScore, string PredictionsPath, long Examples, long Tokens, long DeviceMicroseconds, bool Reused, long? PeakBytes = null);

/// <param name="ExamplesByTask">The mixture that was really drawn.</param>
internal sealed record TrainingOutcome(
    long Examples, long Tokens, long DeviceMicroseconds, IReadOnlyDictionary<string, double> ValidationLosses,
    IReadOnlyDictionary<string, long> ExamplesByTask, IReadOnlyDictionary<string, long> TokensByTask,
    IReadOnlyDictionary<string, int> RowsCut, IReadOnlyList<string> EarlyStopped,
    long? PeakBytes = null)
{
    /// <summary>The mixture that was asked for.</summary>
    public IReadOnlyDictionary<string, long> PlannedByTask { get; init; } = new Dictionary<string, long>();

    /// <summary>A stage that no task takes part in.</summary>
    public static TrainingOutcome Nothing { get; } = new(
        0, 0, 0, new Dictionary<string, double>(), new Dictionary<string, long>(), new Dictionary<string, long>(), new Dictionary<string, int>(), []);

    public static TrainingOutcome From(FineTuningResult result) => new(
        result.Examples, result.Tokens, (long)result.DeviceTime.TotalMicroseconds, result.ValidationLosses,
        result.ExamplesByTask, result.TokensByTask, result.RowsCut, result.EarlyStopped, result.Memory.Measured);
}

/// <summary>One task's result on its test split; intervals are 95 %. Predictions are paths inside the artifact store.</summary>
internal sealed record TaskOutcome(
    Guid TaskId, string Task, string Metric, double Score, double Low, double High, double SingleScore, double Difference, double DifferenceLow,
    double DifferenceHigh, int TestRows, ServedBy ServedBy, GateVerdict Verdict, string Sentence, long Tokens, long DeviceMicroseconds,
    string PredictionsPath, string SinglePredictionsPath, double? Temperature, string ReportPath, string ReportSha256, double PValue, double? AdjustedPValue);

internal sealed record EvaluationOutcome(IReadOnlyList<TaskOutcome> Tasks);
