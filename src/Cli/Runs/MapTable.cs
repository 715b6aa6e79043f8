using System.Globalization;
using Platform.Cli.Terminal;
using Platform.Domain.Runs.Filtering;
using Spectre.Console;

namespace Platform.Cli.Runs;

/// <summary>The compatibility map as a table: who acts in the lines, who is acted upon in the columns.</summary>
internal static class MapTable
{
    public static void Write(Output output, CompatibilityMap map)
    {
        output.Line($"Compatibility by {map.Method}, {map.Confidence:P0} intervals. {map.Meaning}");
        var table = new Table().Border(TableBorder.Minimal).AddColumn("from \\ to");
        foreach (var task in map.Tasks)
            table.AddColumn(new TableColumn(new Text(task)));
        foreach (var (i, task) in map.Tasks.Index())
            table.AddRow(Cells.Plain([task, .. map.Effects[i].Select(effect => Cell(map, effect))]));
        table.AddRow(Cells.Plain(["all others", .. map.Others.Select(effect => Cell(map, effect))]));
        output.Console.Write(table);
        output.Line("Below 0 it helps, above 0 it hurts; * marks effects whose interval leaves out zero.");
        foreach (var (i, task) in map.Tasks.Index())
            output.Line($"{task}: {map.Examples[i]:N0} examples in the probe, measured on {map.Rows[i]:N0} validation rows");
    }

    private static string Cell(CompatibilityMap map, Effect? effect)
    {
        if (effect is null)
            return "";
        // Affinity is a multiple of a step's own gain, the others are shares of a loss.
        var (scale, format) = map.Method == "affinity" ? (1, "+0.00;-0.00;0.00") : (100, "+0.0;-0.0;0.0");
        string Text(double value) => (scale * value).ToString(format, CultureInfo.InvariantCulture);
        return $"{Text(effect.Value)}{(effect.IsProven ? "*" : "")}\n{Text(effect.Low)} to {Text(effect.High)}";
    }
}
