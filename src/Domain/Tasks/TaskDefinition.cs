using Platform.Domain.Teams;

namespace Platform.Domain.Tasks;

/// <summary>One language task that the shared model learns and serves.</summary>
public sealed class TaskDefinition
{
    public const double DefaultTolerance = 0.02;
    public const int DefaultMaxOutputTokens = 64;

    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid TeamId { get; init; }

    public Team? Team { get; init; }

    /// <summary>Unique over all teams: applications call the API with it.</summary>
    public required string Name { get; init; }

    public required TaskKind Kind { get; set; }

    public required string Instruction { get; set; }

    /// <summary>The allowed answers, in order; for tagging and extraction the types. Empty where answers are free text.</summary>
    public IReadOnlyList<string> Labels { get; set; } = [];

    public required string Metric { get; set; }

    /// <summary>Score points (0 to 1) that the shared model may lose against the single-task baseline.</summary>
    public double Tolerance { get; set; } = DefaultTolerance;

    public int MaxOutputTokens { get; set; } = DefaultMaxOutputTokens;

    /// <summary>
    /// Below this probability (0 to 1) of the best label, the Api gives no answer but says that it abstains; null always answers. For tasks that
    /// answer with a label. Acts within seconds, without a deployment.
    /// </summary>
    public double? AbstainBelow { get; set; }

    /// <summary>Where it stands beside other tasks in the Api. Acts within seconds, without a deployment.</summary>
    public LatencyClass LatencyClass { get; set; }

    /// <summary>Bundle fields that the platform does not know, kept as a JSON object for the export.</summary>
    public string? ExtraJson { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public Guid? CreatedById { get; init; }

    public DateTimeOffset? ArchivedAt { get; set; }
}
