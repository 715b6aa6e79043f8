namespace Platform.Engine.Evaluation.Reports;

/// <summary>Whether a test split is large enough for the wished certainty.</summary>
internal static class SampleSize
{
    /// <summary>
    /// An interval's width falls with the square root of the rows. Where no row differed the interval has no width at all, which is no certainty:
    /// then the rule of three holds (Hanley and Lippman-Hand, JAMA 1983): what did not happen in n rows happens, with 95 %
    /// confidence, in less than 3 / n of all.
    /// </summary>
    public static Certainty Of(Interval score, Interval? difference, int rows, double tolerance)
    {
        var judged = difference ?? score;
        var measured = (judged.High - judged.Low) / 2;
        var halfWidth = Math.Max(measured, measured == 0 ? 3.0 / rows : 0);
        var isEnough = rows >= Gate.MinimumRows && halfWidth <= tolerance + 1e-9;
        if (tolerance <= 0)
            return new Certainty(tolerance, halfWidth, null, isEnough);
        var wanted = measured == 0 ? 3 / tolerance : rows * Math.Pow(halfWidth / tolerance, 2);
        return new Certainty(tolerance, halfWidth, isEnough ? null : Math.Max(Gate.MinimumRows, (long)Math.Ceiling(Rounded(wanted))), isEnough);
    }

    // Two figures: the estimate is not better than that.
    private static double Rounded(double rows)
    {
        var unit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(Math.Max(1, rows))) - 1));
        return Math.Ceiling(Math.Round(rows / unit, 9)) * unit;
    }
}
