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
        var ratios = Ratios(race).Select(r => $"; {r.Title} {r.Text}");
        return string.Create(CultureInfo.InvariantCulture, $"{race.Part} {race.Size}, {race.Case}, {race.Threads} thread(s): {string.Join(", ", rates)} {race.Unit}/s{string.Concat(ratios)} (load {race.Load:F1})");
    }

    /// <summary>Races of one unit, a row each: medians with the middle half of the rounds.</summary>
    public static string Rates(IReadOnlyList<RaceResult> races)
    {
        var names = races.SelectMany(r => r.Contenders.Select(c => c.Name)).Distinct().ToList();
        return Markdown(
            ["size", "case", "threads", .. names.Select(n => $"{n}, {races[0].Unit}/s"), "load"],
            races.Select(race => (IReadOnlyList<string>)
            [
                race.Size, race.Case, $"{race.Threads}", .. names.Select(name => race.Find(name) is { } found ? WithSpread(found.Rates) : ""), race.Load.ToString("F1", CultureInfo.InvariantCulture),
            ]));
    }

    /// <summary>The ratios of races of one unit; empty when there is nothing to compare.</summary>
    public static string Ratios(IReadOnlyList<RaceResult> races)
    {
        var all = races.Select(race => (Race: race, Ratios: Ratios(race))).ToList();
        var titles = all.SelectMany(r => r.Ratios.Select(ratio => ratio.Title)).Distinct().ToList();
        return titles.Count == 0 ? "" : Markdown(
            ["size", "case", "threads", .. titles],
            all.Select(r => (IReadOnlyList<string>)
                [r.Race.Size, r.Race.Case, $"{r.Race.Threads}", .. titles.Select(title => r.Ratios.FirstOrDefault(ratio => ratio.Title == title).Text ?? "")]));
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

    private static List<(string Title, string Text)> Ratios(RaceResult race)
    {
        var pairs = race.Comparisons.Select(c => (Title: $"{c.Ours} / {c.Other}", Ours: race.Find(c.Ours), Other: race.Find(c.Other))).ToList();
        var ours = race.Best(Role.Ours);
        pairs.Add(("our best / best peer", ours, race.Best(Role.Peer)));
        pairs.Add(("our best / our reference", ours, race.Best(Role.Reference)));
        return [.. pairs.Where(p => p.Ours is not null && p.Other is not null).Select(p => (p.Title, Ratio(p.Ours!, p.Other!)))];
    }

    private static string WithSpread(IReadOnlyList<double> rates) =>
        $"{Rate(Statistics.Median(rates))} ({Rate(Statistics.Quantile(rates, 0.25))} to {Rate(Statistics.Quantile(rates, 0.75))})";

    private static string Markdown(IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows.Prepend([.. head.Select((_, i) => i < 2 ? "---" : "---:")]).Prepend(head))
            text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        return text.ToString();
    }
}
