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

    /// <summary>Ratios that are of interest.</summary>
    public IReadOnlyList<Comparison> Comparisons { get; init; } = [];

    /// <summary>How many processes were runnable or running on the machine at the race's end (the one-minute average).</summary>
    public double Load { get; init; }

    /// <summary>When it was measured.</summary>
    public DateTimeOffset At { get; init; }

    [JsonIgnore]
    public string Key => $"{Part} | {Size} | {Case} | {Threads}";

    /// <summary>The best of a role by its median; null when none has it.</summary>
    public ContenderResult? Best(Role role) => Contenders.Where(c => c.Role == role).MaxBy(c => Statistics.Median(c.Rates));

    /// <summary>A contender by name; null when it did not take part.</summary>
    public ContenderResult? Find(string name) => Contenders.FirstOrDefault(c => c.Name == name);
}

/// <summary>Two contenders whose ratio is of interest beside that of the best of ours to the best of theirs.</summary>
/// <param name="Ours">Ours.</param>
/// <param name="Other">The other.</param>
internal sealed record Comparison(string Ours, string Other);

/// <summary>The rates of one contender.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">What it is.</param>
/// <param name="Rates">Units per second, one per round.</param>
/// <param name="CpuRates">Units per second of processor time: what other programs take away does not count, nor what a second thread brings.</param>
internal sealed record ContenderResult(string Name, Role Role, IReadOnlyList<double> Rates, IReadOnlyList<double> CpuRates);
