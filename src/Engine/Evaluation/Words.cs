using System.Text.RegularExpressions;

namespace Platform.Engine.Evaluation;

/// <summary>The ways in which the text metrics cut a text into words.</summary>
internal static partial class Words
{
    /// <summary>
    /// The tokenization of mteval-v13a, sacreBLEU's default (Post, WMT 2018): punctuation and symbols stand alone, but for a
    /// full stop or comma between digits and a dash that no digit precedes. Case is kept.
    /// </summary>
    public static string[] Mteval13a(string text)
    {
        text = text.Replace("<skipped>", "", StringComparison.Ordinal)
            .Replace("-\n", "", StringComparison.Ordinal)
            .Replace('\n', ' ')
            .Replace("&quot;", "\"", StringComparison.Ordinal)
            .Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal)
            .Replace("&gt;", ">", StringComparison.Ordinal);
        text = Symbol().Replace($" {text} ", " $& ");
        text = PointAfterText().Replace(text, "$1 $2 ");
        text = PointBeforeText().Replace(text, " $1 $2");
        text = DashAfterDigit().Replace(text, "$1 $2 ");
        return text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>
    /// Lower-cased runs of letters (with their marks) and digits. For English this is what Google's rouge-score does without
    /// its stemmer; other scripts count here too.
    /// </summary>
    public static string[] LowerCased(string text) =>
        [.. LettersAndDigits().Matches(text.ToLowerInvariant()).Select(match => match.Value)];

    // Printable ASCII but letters, digits, space, apostrophe, comma, dash and full stop.
    [GeneratedRegex(@"[\{-\~\[-\` -\&\(-\+\:-\@\/]")]
    private static partial Regex Symbol();

    [GeneratedRegex(@"([^0-9])([\.,])")]
    private static partial Regex PointAfterText();

    [GeneratedRegex(@"([\.,])([^0-9])")]
    private static partial Regex PointBeforeText();

    [GeneratedRegex("([0-9])(-)")]
    private static partial Regex DashAfterDigit();

    [GeneratedRegex(@"[\p{L}\p{M}\p{N}]+")]
    private static partial Regex LettersAndDigits();
}
