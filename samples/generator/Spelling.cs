using System.Text.RegularExpressions;

namespace Platform.Samples.Generator;

/// <summary>Makes expanded text read as written by people: articles and capitals first, then the sloppiness a task asks for.</summary>
internal static partial class Spelling
{
    private static readonly Dictionary<string, string> Shorthand = new()
    {
        ["please"] = "pls", ["you"] = "u", ["your"] = "ur", ["because"] = "cos", ["thanks"] = "thx", ["message"] = "msg",
        ["and"] = "&", ["with"] = "w/", ["are"] = "r", ["really"] = "rly", ["people"] = "ppl", ["about"] = "abt", ["tomorrow"] = "tmrw",
    };

    private static readonly string[] Fillers = ["uh", "um", "you know", "er", "uhm"];

    /// <summary>Joins the pieces a template leaves apart: spaces, a/an.</summary>
    public static string Join(string text)
    {
        text = Spaces().Replace(text, " ").Trim();
        text = SpaceBefore().Replace(text, "$1");
        text = OnDay().Replace(text, m => m.Groups[2].Value switch
        {
            "the week" or "the first week" => "in " + m.Groups[1].Value + m.Groups[2].Value,
            "the end" => "at " + m.Groups[1].Value + m.Groups[2].Value,
            _ => m.Groups[1].Value + m.Groups[2].Value,
        });
        return Article().Replace(text, "$1n $2");
    }

    /// <summary>Ends what asks with a question mark: templates share their endings.</summary>
    public static string Ask(string text) => Question().Replace(text, "$1?");

    public static string Capitalise(string text) =>
        SentenceStart().Replace(LoneI().Replace(text, "I"), m => m.Groups[1].Value + char.ToUpperInvariant(m.Groups[2].Value[0]));

    /// <summary>Applies the task's shares of lower case, dropped full stops, shorthand, spoken fillers and typing errors.</summary>
    public static string Roughen(string text, Grammar task, SeededRandom random)
    {
        if (random.Chance(task.Share("shorthand"))) text = Plain(text, w => Shorthand.GetValueOrDefault(w, w));
        if (random.Chance(task.Share("fillers"))) text = Stumble(text, random);
        if (random.Chance(task.Share("typos"))) text = Mistype(text, random);
        if (random.Chance(task.Share("lower"))) text = text.ToLowerInvariant();
        if (random.Chance(task.Share("unpointed"))) text = text.TrimEnd('.', '!', '?');
        if (random.Chance(task.Share("spoken"))) text = Punctuation().Replace(text, "");
        return text;
    }

    private static string Stumble(string text, SeededRandom random)
    {
        var gaps = Gaps().Matches(text).Select(m => m.Index).ToList();
        if (gaps.Count == 0) return text;
        var at = random.Pick(gaps);
        return text[..at] + " " + random.Pick(Fillers) + text[at..];
    }

    private static string Mistype(string text, SeededRandom random)
    {
        var words = Words().Matches(text).Where(m => m.Length >= 5).ToList();
        if (words.Count == 0) return text;
        var word = random.Pick(words);
        var at = 1 + random.NextInt(word.Length - 2);
        var w = word.Value;
        var typo = random.NextInt(3) switch
        {
            0 => w[..at] + w[at + 1] + w[at] + w[(at + 2)..],
            1 => w[..at] + w[(at + 1)..],
            _ => w[..at] + w[at] + w[at..],
        };
        return text[..word.Index] + typo + text[(word.Index + word.Length)..];
    }

    private static string Plain(string text, Func<string, string> change) => Words().Replace(text, m => change(m.Value));

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\s+([,.;?!]|:(?!\)))")]
    private static partial Regex SpaceBefore();

    // Nobody says "on tomorrow" or "on the end of May".
    [GeneratedRegex(@"\bon (" + Spans.Open + ")(next|this|tomorrow|mid|the week|the first week|the end)(?= |\uE002|[.,?!]|$)")]
    private static partial Regex OnDay();

    // Words such as "one" and "European" begin with a consonant's sound.
    [GeneratedRegex(@"\b([Aa]) (" + Spans.Open + @"(?!one\b|uni|us[eu]|euro)[aeiouAEIOU])")]
    private static partial Regex Article();

    [GeneratedRegex("((?:^|[.?!] )" + Spans.Open + ")([a-z])")]
    private static partial Regex SentenceStart();

    [GeneratedRegex(@"((?:^|[.?!,] )(?:(?:can|could|would|do) (?:I|you|we|my|the|one|someone|somebody)|how do|how much is|is it possible|is there)\b[^.?!]*)\.")]
    private static partial Regex Question();

    [GeneratedRegex(@"\bi\b(?=[ '’])")]
    private static partial Regex LoneI();

    [GeneratedRegex(@"[.,?!;]")]
    private static partial Regex Punctuation();

    // Spans keep their spelling, so that the answer can be found in the text: only words outside of them match.
    [GeneratedRegex("(?<![\uE000\\w'’-])[a-zA-Z]+(?![\\w'’\uE001-])(?![^\uE000]*\uE002)")]
    private static partial Regex Words();

    [GeneratedRegex("(?<=[a-z]) (?=[a-z])(?![^\uE000]*\uE002)")]
    private static partial Regex Gaps();
}
