using System.Globalization;
using System.Text;
using Platform.EngineBench.Engines;
using Platform.EngineBench.Measuring;

namespace Platform.EngineBench.Parts;

/// <summary>How much of the machine's ceilings our inference reaches: of matrix products in prefill, of reading memory in decoding.</summary>
internal static class Shares
{
    /// <summary>A Markdown table; empty until the ceilings and one of the two parts are measured.</summary>
    public static string Markdown(IReadOnlyList<RaceResult> results)
    {
        var rows = new StringBuilder();
        foreach (var race in results.Where(r => r.Part is Prefill.Name || (r.Part is Decode.Name && r.Case == "batch 1")))
        {
            var shape = Shape.All.Single(s => s.Name == race.Size);
            var ceiling = race.Part == Prefill.Name ? Ceiling(results, Machine.HasBFloat16 ? "bf16" : "fp32", race.Threads) : Ceiling(results, "read", race.Threads);
            if (ceiling is null)
                continue;
            foreach (var contender in race.Contenders.Where(c => c.Role == Role.Ours))
            {
                var rate = Statistics.Median(contender.Rates);
                var (reached, unit) = race.Part == Prefill.Name
                    ? (rate * shape.LayerOperations / 1e9, "GFLOP")
                    : (rate * shape.ReadWeights * BytesPerWeight(contender.Name) / 1e9, "GB");
                rows.Append(CultureInfo.InvariantCulture, $"| {race.Part} {race.Size} | {race.Case} | {race.Threads} | {contender.Name} | {Table.Rate(reached)} {unit}/s | {reached / ceiling:P0} |\n");
            }
        }

        return rows.Length == 0 ? "" : $"| part | case | threads | who | reached | share of the ceiling |\n| --- | --- | ---: | --- | ---: | ---: |\n{rows}";
    }

    // Eight bits and a float32 scale for each 32.
    private static double BytesPerWeight(string name) => name.Contains("int8", StringComparison.Ordinal) ? 1.125 : 2;

    private static double? Ceiling(IReadOnlyList<RaceResult> results, string title, int threads) =>
        results.FirstOrDefault(r => r.Part == Ceilings.Name && r.Case == title && r.Threads == threads) is { } found ? Statistics.Median(found.Contenders[0].Rates) : null;
}
