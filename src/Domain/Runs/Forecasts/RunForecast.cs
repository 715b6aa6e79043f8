using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Domain.Rates;

namespace Platform.Domain.Runs.Forecasts;

/// <summary>What one step is expected to take.</summary>
/// <param name="Task">For steps of one task.</param>
/// <param name="PeakBytes">Memory at the peak; null where none was measured.</param>
public sealed record StepForecast(RunStepKind Kind, Guid? TaskId, string? Task, long Examples, long Tokens, double Seconds, long? PeakBytes);

/// <summary>What a run is expected to take, from a training that was really measured on its device, base model and data.</summary>
/// <param name="Device">Where it was measured.</param>
/// <param name="TokensPerSecond">Speed of training all weights.</param>
/// <param name="SampleTokens">Tokens of the measured training.</param>
/// <param name="SampleSeconds">What they took.</param>
/// <param name="PricePerHourNano">The rate when it was measured, in 1e-9 of the currency's unit.</param>
public sealed record RunForecast(
    string Device, DateTimeOffset MeasuredAt, double TokensPerSecond, long SampleTokens, double SampleSeconds, long PricePerHourNano, string Currency, IReadOnlyList<StepForecast> Steps)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    [JsonIgnore]
    public double Seconds => Steps.Sum(step => step.Seconds);

    [JsonIgnore]
    public long? PeakBytes => Steps.Max(step => step.PeakBytes);

    [JsonIgnore]
    public Money Cost => CostOf(Seconds);

    public static RunForecast? Parse(string? json) => json is null ? null : JsonSerializer.Deserialize<RunForecast>(json, Json);

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>By the rate at which the forecast was made.</summary>
    public Money CostOf(double seconds) => new((long)Math.Round(seconds / 3600 * PricePerHourNano), Currency);

    public StepForecast? Of(RunStep step) => Steps.FirstOrDefault(one => one.Kind == step.Kind && one.TaskId == step.TaskId);
}
