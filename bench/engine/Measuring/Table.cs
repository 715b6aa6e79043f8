using System.Globalization;
using System.Text;

namespace Platform.EngineBench.Measuring;

/// <summary>Results as sentences and as Markdown tables.</summary>
internal static class Table
{
    /// <summary>One line for a race that has just ended.</summary>
    public static string Sentence(RaceResult race)
    {
        var rates = race.Contenders.Select(c => $"{c.Name} {Rate(Statistics.Median(c.Rates))}");
        var ratios = race.Ours is { } ours
            ? race.Contenders.Where(c => c.Role != ours.Role).Select(c => $"; {Ratio(ours, c)} of {c.Name}")
            : [];
        return string.Create(CultureInfo.InvariantCulture, $"{race.Part} {race.Size}, {race.Case}, {race.Threads} thread(s): {string.Join(", ", rates)} {race.Unit}/s{string.Concat(ratios)} (load {race.Load:F1})");
    }

    /// <summary>Races of one unit, a row each: medians with the middle half of the rounds, then ours over each other contender.</summary>
    public static string Markdown(IReadOnlyList<RaceResult> races)
    {
        var names = races.SelectMany(r => r.Contenders.Select(c => c.Name)).Distinct().ToList();
        var others = races.SelectMany(r => r.Contenders.Where(c => c.Role != r.Ours?.Role).Select(c => c.Name)).Distinct().ToList();
        var text = new StringBuilder();
        List<string> head = ["size", "case", "threads", .. names.Select(n => $"{n}, {races[0].Unit}/s"), .. others.Select(n => $"ours / {n}"), "load"];
        Row(text, head);
        Row(text, head.Select((_, i) => i < 2 ? "---" : "---:"));
        foreach (var race in races)
        {
            List<string> cells = [race.Size, race.Case, race.Threads.ToString(CultureInfo.InvariantCulture)];
            cells.AddRange(names.Select(name => Find(race, name) is { } found ? WithSpread(found.Rates) : ""));
            cells.AddRange(others.Select(name => Find(race, name) is { } found && race.Ours is { } ours ? Ratio(ours, found) : ""));
            cells.Add(race.Load.ToString("F1", CultureInfo.InvariantCulture));
            Row(text, cells);
        }

        return text.ToString();
    }

    /// <summary>Three digits that mean something.</summary>
    public static string Rate(double value) => value switch
    {
        >= 100 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        _ => value.ToString("F2", CultureInfo.InvariantCulture),
    };

    /// <summary>The median of the rounds' ratios, their range, and the same by processor time.</summary>
    public static string Ratio(ContenderResult ours, ContenderResult other)
    {
        var ratios = Statistics.Ratios(ours.Rates, other.Rates);
        var cpu = Statistics.Median(Statistics.Ratios(ours.CpuRates, other.CpuRates));
        return string.Create(CultureInfo.InvariantCulture, $"{Statistics.Median(ratios):F2}x ({ratios.Min():F2} to {ratios.Max():F2}; CPU time {cpu:F2}x)");
    }

    private static ContenderResult? Find(RaceResult race, string name) => race.Contenders.FirstOrDefault(c => c.Name == name);

    private static string WithSpread(IReadOnlyList<double> rates) =>
        $"{Rate(Statistics.Median(rates))} ({Rate(Statistics.Quantile(rates, 0.25))} to {Rate(Statistics.Quantile(rates, 0.75))})";

    private static void Row(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
