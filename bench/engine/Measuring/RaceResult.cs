using System.Text.Json.Serialization;

namespace Platform.EngineBench.Measuring;

/// <summary>What was measured in one race; one line of the results file.</summary>
internal sealed record RaceResult
{
    /// <summary>The part of the benchmark, such as decode.</summary>
    public required string Part { get; init; }

    /// <summary>Size of the model, or what else the row is about.</summary>
    public required string Size { get; init; }

    /// <summary>The case, such as "batch 8".</summary>
    public required string Case { get; init; }

    /// <summary>Threads of each contender.</summary>
    public required int Threads { get; init; }

    /// <summary>What a rate counts per second.</summary>
    public required string Unit { get; init; }

    /// <summary>The rates of each round, contender by contender.</summary>
    public required IReadOnlyList<ContenderResult> Contenders { get; init; }

    /// <summary>How many processes were runnable or running on the machine at the race's end (the one-minute average).</summary>
    public double Load { get; init; }

    /// <summary>When it was measured.</summary>
    public DateTimeOffset At { get; init; }

    [JsonIgnore]
    public string Key => $"{Part} | {Size} | {Case} | {Threads}";

    /// <summary>The one whose figure is ours: the product's path, or the reference where there is no other.</summary>
    [JsonIgnore]
    public ContenderResult? Ours => Best(Role.Ours) ?? Best(Role.Reference);

    [JsonIgnore]
    public IEnumerable<ContenderResult> Peers => Contenders.Where(c => c.Role == Role.Peer);

    /// <summary>The reference, unless it stands for ours.</summary>
    [JsonIgnore]
    public ContenderResult? Reference => Best(Role.Ours) is null ? null : Best(Role.Reference);

    private ContenderResult? Best(Role role) => Contenders.Where(c => c.Role == role).MaxBy(c => Statistics.Median(c.Rates));
}

/// <summary>The rates of one contender.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">What it is.</param>
/// <param name="Rates">Units per second, one per round.</param>
/// <param name="CpuRates">Units per second of processor time: what other programs take away does not count, nor what a second thread brings.</param>
internal sealed record ContenderResult(string Name, Role Role, IReadOnlyList<double> Rates, IReadOnlyList<double> CpuRates);
