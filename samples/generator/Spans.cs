using System.Text.RegularExpressions;

namespace Platform.Samples.Generator;

internal sealed record Span(string Type, int Start, string Words);

/// <summary>Spans travel inside the text between private-use characters until the text has its final spelling.</summary>
internal static partial class Spans
{
    public const string Open = "(?:\uE000[^\uE001]*\uE001)?";

    public static string Mark(string type, string words) => $"\uE000{type}\uE001{words}\uE002";

    /// <summary>The plain text and its spans.</summary>
    public static (string Text, List<Span> Found) Read(string marked)
    {
        var (text, spans) = ("", new List<Span>());
        var from = 0;
        foreach (Match match in Marked().Matches(marked))
        {
            text += marked[from..match.Index];
            spans.Add(new Span(match.Groups[1].Value, text.Length, match.Groups[2].Value));
            text += match.Groups[2].Value;
            from = match.Index + match.Length;
        }

        return (text + marked[from..], spans);
    }

    public static string List(IReadOnlyList<Span> spans) =>
        spans.Count == 0 ? "none" : string.Join("; ", spans.Select(s => $"{s.Type}: {s.Words}"));

    /// <summary>Words and punctuation marks as tokens, with IOB2 tags.</summary>
    public static (List<string> Tokens, List<string> Tags) Tag(string text, IReadOnlyList<Span> spans)
    {
        var (tokens, tags) = (new List<string>(), new List<string>());
        foreach (Match token in Token().Matches(text))
        {
            var span = spans.FirstOrDefault(s => token.Index >= s.Start && token.Index < s.Start + s.Words.Length);
            tokens.Add(token.Value);
            tags.Add(span is null ? "O" : (token.Index == span.Start ? "B-" : "I-") + span.Type);
        }

        return (tokens, tags);
    }

    [GeneratedRegex("\uE000([^\uE001]*)\uE001([^\uE002]*)\uE002")]
    private static partial Regex Marked();

    [GeneratedRegex(@"[\w'’-]+|[^\w\s]")]
    private static partial Regex Token();
}
