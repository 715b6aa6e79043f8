using System.Text.Json;
using System.Text.Json.Serialization;

namespace Platform.Domain.Runs.Filtering;

/// <summary>What a decision rests on.</summary>
/// <param name="Source">The task that acts; null for all others together.</param>
/// <param name="Target">The task that is acted upon.</param>
public sealed record FilterEvidence(string? Source, string Target, Effect Effect, string Method);

/// <summary>What the filter found for a task.</summary>
/// <param name="Isolate">What it decided, before anybody overrode it.</param>
/// <param name="Examples">Examples of it in the probe.</param>
public sealed record TaskFinding(string Task, bool Isolate, string Sentence, FilterEvidence? Evidence, long Examples);

/// <summary>Where a run's probe is kept, for what-if.</summary>
/// <param name="Path">In the artifact store.</param>
public sealed record StoredProbe(string Path, string Sha256, long SizeBytes);

/// <summary>What stage 1 of a run left: decisions, the compatibility map, and the probe itself.</summary>
/// <param name="Strategy">Name of the filter strategy.</param>
/// <param name="Map">Null when the strategy measures none.</param>
/// <param name="Probe">Null when there was none.</param>
/// <param name="Seconds">Time of the probe, its measurements included; 0 when there was none.</param>
public sealed record FilterFindings(string Strategy, IReadOnlyList<TaskFinding> Tasks, CompatibilityMap? Map, StoredProbe? Probe, double Seconds)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals | JsonNumberHandling.AllowReadingFromString,
    };

    /// <summary>What the run's stage 1 left; null as long as it is not done, and for runs without one.</summary>
    public static FilterFindings? Of(FineTuningRun run)
    {
        var step = run.Steps.SingleOrDefault(step => step.Kind == RunStepKind.Probe && step.Status == RunStepStatus.Done);
        return Read(step?.ResultJson);
    }

    /// <returns>Null when there is nothing, or something of an older shape.</returns>
    public static FilterFindings? Read(string? json)
    {
        if (json is null)
            return null;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.TryGetProperty("strategy", out _) ? document.RootElement.Deserialize<FilterFindings>(Json) : null;
    }
}
