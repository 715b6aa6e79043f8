using Platform.Engine.Evaluation;

namespace Platform.Engine.Tests.Evaluation;

/// <summary>Short ways to write predictions.</summary>
internal static class Rows
{
    public static Prediction[] Of(params (string Expected, string Actual)[] rows) =>
        [.. rows.Select((row, i) => new Prediction($"r{i}", "", row.Expected, row.Actual, []))];

    public static double Score(string metric, params (string Expected, string Actual)[] rows) => Metric.Parse(metric).Score(Of(rows));

    public static Prediction Text(string id, string input, string actual, params string[] good) =>
        new(id, input, good[0], actual, good[1..]);

    /// <summary>Rewriting rows with one or two good outputs, numbers, symbols and a letter outside ASCII.</summary>
    public static Prediction[] Rewriting { get; } =
    [
        Text(
            "r0",
            "The hotel, which has a pool, was built in 1,962 -- by two brothers.",
            "The hotel with a pool was built in 1,962 by brothers.",
            "The hotel has a pool. It was built in 1,962 by two brothers.",
            "Two brothers built the hotel in 1962; it has a pool."),
        Text(
            "r1",
            "We arrived at 10:30 & nobody was at the desk!",
            "We came at 10:30, nobody was there.",
            "We arrived at 10:30, but nobody was at the desk.",
            "Nobody was at the desk when we arrived at 10:30."),
        Text("r2", "Breakfast costs $12.50 (coffee included).", "Breakfast is $12.50, coffee included.", "Breakfast costs $12.50 with coffee."),
        Text("r3", "Zürich's old-town café isn't far.", "The café is near.", "The café in Zürich's old town is near."),
    ];
}
