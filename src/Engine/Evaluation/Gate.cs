using System.Globalization;

namespace Platform.Engine.Evaluation;

/// <summary>What the gate says about one task.</summary>
public enum Verdict
{
    /// <summary>The test shows that the task lost no more than its tolerance.</summary>
    Pass,

    /// <summary>The test shows that the task lost more than its tolerance.</summary>
    Fail,

    /// <summary>The test has too few rows to show either; it does not count as passed.</summary>
    NotEnoughRows,
}

/// <summary>A verdict with its reason.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Sentence">One plain sentence for the people who sign off.</param>
public sealed record Judgement(Verdict Verdict, string Sentence);

/// <summary>The gate: no task below its baseline by more than its declared tolerance.</summary>
public static class Gate
{
    /// <summary>
    /// Below this number of rows a bootstrap interval is too narrow to be trusted (with three rows that agree it has no width
    /// at all), so nothing is decided on it.
    /// </summary>
    public const int MinimumRows = 30;

    // Differences of sums are exact to about this much; a tolerance of 0.02 must accept a loss of exactly 0.02.
    private const double Rounding = 1e-9;

    /// <summary>
    /// Judges by the whole interval, so that a lucky or unlucky draw of test rows decides nothing. Pass: even the
    /// interval's lower end is within the tolerance. Fail: even its upper end is outside. In between, and below
    /// <see cref="MinimumRows"/> rows, the answer is that there are not enough rows, and about how many would do.
    /// </summary>
    /// <param name="difference">Candidate minus baseline, from <see cref="Bootstrap.PairedDifference"/>.</param>
    /// <param name="tolerance">How much the task may lose, in the metric's own unit (0.02 is two points); not negative.</param>
    /// <param name="rows">How many test rows were compared.</param>
    public static Judgement Judge(Interval difference, double tolerance, int rows)
    {
        ArgumentNullException.ThrowIfNull(difference);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        if (tolerance is not >= 0)
            throw new ArgumentOutOfRangeException(nameof(tolerance), tolerance, "A tolerance is a loss that is accepted; it cannot be negative.");

        var allowed = $"the allowed loss of {Points(tolerance)}";
        if (rows == 0)
            return new Judgement(Verdict.NotEnoughRows, "Not decided: there are no test rows to compare on.");
        var measured = string.Create(
            CultureInfo.InvariantCulture,
            $"{Signed(difference.Value)} points against the baseline ({Signed(difference.Low)} to {Signed(difference.High)}, {rows} rows)");
        if (rows < MinimumRows)
            return new Judgement(Verdict.NotEnoughRows, $"Not decided: {measured}, and fewer than {MinimumRows} test rows prove nothing.");
        if (difference.Low >= -tolerance - Rounding)
            return new Judgement(Verdict.Pass, $"Passes: {measured}, within {allowed}.");
        return difference.High < -tolerance - Rounding
            ? new Judgement(Verdict.Fail, $"Fails: {measured}, more than {allowed}.")
            : new Judgement(Verdict.NotEnoughRows, $"Not decided: {measured} reaches to both sides of {allowed}; {Wish(difference, tolerance, rows)}.");
    }

    /// <summary>
    /// An interval's width falls with the square root of the rows. So, should the measured value stay, the end that now crosses
    /// the tolerance gets there at rows x (its distance from the value / the tolerance's distance from the value)^2.
    /// </summary>
    private static string Wish(Interval difference, double tolerance, int rows)
    {
        var margin = difference.Value + tolerance;
        var reach = margin >= 0 ? difference.Value - difference.Low : difference.High - difference.Value;
        var wish = rows * Math.Pow(reach / margin, 2);
        return wish < 1_000_000
            ? string.Create(CultureInfo.InvariantCulture, $"about {RoundUp(wish):N0} rows would decide it")
            : "the difference is so close to it that more rows will hardly decide it";
    }

    // Two figures: the estimate is not better than that.
    private static double RoundUp(double rows)
    {
        var unit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(rows)) - 1));
        return Math.Ceiling(rows / unit) * unit;
    }

    private static string Signed(double value) => (value * 100).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);

    private static string Points(double value) => (value * 100).ToString("0.0#", CultureInfo.InvariantCulture) + " points";
}
