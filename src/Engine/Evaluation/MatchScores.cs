using System.Globalization;
using System.Text.RegularExpressions;

namespace Platform.Engine.Evaluation;

/// <summary>Metrics that ask whether the whole answer is right.</summary>
internal static partial class MatchScores
{
    /// <summary>
    /// The share of rows whose answer is one of the good outputs, character by character: case and punctuation matter, outer
    /// white space does not, and any run of white space inside counts as one space.
    /// </summary>
    public static RowScores ExactMatch(IReadOnlyList<Prediction> rows) => SummedScores.Mean(rows, row => IsExact(row) ? 1 : 0);

    /// <summary>
    /// The share of rows whose answer's last number equals the last number of a good output, as GSM8K is scored (Cobbe et al.,
    /// arXiv 2110.14168). Thousands' commas, currency signs and trailing zeros do not matter: "$1,200.00" equals "1200". Where the
    /// row expects no number, the answer must match exactly.
    /// </summary>
    public static RowScores ExactMatchNumber(IReadOnlyList<Prediction> rows) => SummedScores.Mean(rows, row =>
    {
        var expected = row.GoodOutputs.Select(LastNumber).OfType<string>().ToArray();
        var right = expected.Length == 0 ? IsExact(row) : expected.Contains(LastNumber(row.Actual));
        return right ? 1 : 0;
    });

    /// <summary>The text's last number in one spelling (no commas, no leading plus, no needless zeros), or null.</summary>
    internal static string? LastNumber(string text)
    {
        var match = Number().Matches(text).LastOrDefault();
        if (match is null) return null;
        var digits = match.Groups["digits"].Value.Replace(",", "", StringComparison.Ordinal);
        var sign = match.Groups["minus"].Success ? "-" : "";
        if (!decimal.TryParse(sign + digits, NumberStyles.Number, CultureInfo.InvariantCulture, out var number)) return sign + digits;
        return number == 0 ? "0" : number.ToString("0.############################", CultureInfo.InvariantCulture);
    }

    private static bool IsExact(Prediction row) => row.GoodOutputs.Any(good => Squeeze(good) == Squeeze(row.Actual));

    private static string Squeeze(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    // A dash after a word, a number or a bracket is a minus sign between two operands or a hyphen, not a sign.
    [GeneratedRegex(@"(?<minus>(?<![\w)\]])[-\u2212])?\p{Sc}?(?<digits>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Number();
}
