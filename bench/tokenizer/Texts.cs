using System.Text;

namespace Platform.TokenizerBench;

/// <summary>
/// Random and adversarial texts, the same for the same seed: every plane of Unicode, halves of surrogate pairs, marks in any order, every
/// kind of blank, contractions, digits, words of many scripts, added tokens whole and torn, pieces of the vocabulary, long runs.
/// </summary>
internal sealed class Texts
{
    private static readonly string[] Words =
    [
        "the", "other", "I", "don't", "they'll", "WE'RE", "it'S", "'\u017f", "o\u2019clock", "naïve", "Straße", "ﬁne", "été", "Ωμέγα", "привет", "мир", "שלום",
        "مرحبا", "नमस्ते", "क्षत्रिय", "สวัสดี", "東京", "特急券", "ひらがな", "カタカナ", "한국어", "각", "ไทย", "ქართული", "Հայերեն", "ᏣᎳᎩ", "𝒳𝒴𝓏", "𐐷𐐨𐑅", "𞤀𞤁𞤣",
        "foo_bar", "camelCase", "HTTPServer", "x86_64", "3.14159", "1,000,000", "２０２６", "٣٤٥", "Ⅷ", "½", "①", "𝟙𝟚", "a1b2", "0x1F", "1e-9", "🙂", "👩🏽‍🚀", "🇩🇪", "☕️",
        "e\u0301", "a\u0323\u0302", "\u1100\u1161\u11a8", "\u212b", "\u0958", "\ufb2c", "\u2126", "ǆ", "İ", "ı", "ſ", "K", "www.example.org/a?b=c&d", "me@home.net", "C:\\temp\\",
    ];

    private static readonly string[] Blanks =
    [
        " ", " ", " ", "  ", "   ", "\n", "\n\n", "\r\n", "\r", "\t", "\t\t", " \n", "\n ", "\u00a0", "\u1680", "\u2003", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000",
        "\u0085", "\v", "\f", "\u001c", "\u200b", "\u180e", "\ufeff", "        ",
    ];

    private static readonly string[] Signs =
    [
        "!", "?", ".", ",", "...", "--", "—", "(", ")", "[", "]", "{", "}", "<", ">", "</", "/>", "'", "\"", "“", "”", "’", "`", "#", "@", "&", "&&", "|", "||", "<|", "|>", "*", "**",
        "_", "__", "\\", "/", "//", "%", "$", "€", "¥", "+", "=", "==", "~", "^", "…", "・", "、", "。", "！", "「", "」", "¿", "\u0000", "\u007f", "\u0001", "\ufffd", "▁", "▁▁", "Ġ", "Ċ",
        "<0x41>", "<0xFF>", "<0x0A>", "\u200d", "\ufe0f", "\u202e", "\u0301", "\u0327", "\u20dd", "\u3099", "\u093c", "\u094d",
    ];

    // Blocks where something happens: normalization, letters that are no BMP letters, marks, unassigned code points.
    private static readonly (int First, int Last)[] Blocks =
    [
        (0x20, 0x7e), (0x80, 0x24f), (0x250, 0x36f), (0x370, 0x52f), (0x590, 0x6ff), (0x900, 0xdff), (0xe00, 0xeff), (0x1000, 0x11ff), (0x1e00, 0x1fff), (0x2000, 0x2bff),
        (0x2c00, 0x2fff), (0x3000, 0x30ff), (0x4e00, 0x9fff), (0xa000, 0xabff), (0xac00, 0xd7ff), (0xf900, 0xfaff), (0xfb00, 0xffff), (0x10000, 0x107ff), (0x10800, 0x11fff),
        (0x16000, 0x16fff), (0x1b000, 0x1b2ff), (0x1d000, 0x1d7ff), (0x1e000, 0x1efff), (0x1f000, 0x1faff), (0x20000, 0x2fa1f), (0xe0000, 0xe01ff),
    ];

    private readonly Random _random;
    private readonly string[] _added;
    private readonly string[] _vocabulary;

    /// <param name="seed">Decides every text.</param>
    /// <param name="added">The added tokens, to be found, torn and surrounded.</param>
    /// <param name="vocabulary">Pieces of text that the vocabulary has.</param>
    public Texts(int seed, string[] added, string[] vocabulary)
    {
        _random = new Random(seed);
        _added = added;
        _vocabulary = vocabulary;
    }

    /// <summary>So many texts.</summary>
    public List<string> Take(int count) => [.. Enumerable.Range(0, count).Select(index => index == 0 ? "" : Next())];

    /// <summary>Every code point once, some dozens in each text, among letters and blanks.</summary>
    /// <param name="each">Only every so many-th text of them.</param>
    public static IEnumerable<string> EveryCodePoint(int each)
    {
        const int Width = 48;
        for (var (first, index) = (0, 0); first <= 0x10FFFF; first += Width, index++)
        {
            if (index % each != 0)
                continue;
            var text = new StringBuilder();
            for (var point = first; point < Math.Min(first + Width, 0x110000); point++)
            {
                if (point is >= 0xD800 and <= 0xDFFF)
                    continue;
                text.Append(new Rune(point));
                text.Append((point % 5) switch { 0 => "a", 1 => " ", 2 => "1", _ => "" });
            }

            yield return text.ToString();
        }
    }

    /// <summary>Lists of token ids, most of them no encoding of any text.</summary>
    public List<int[]> TakeIds(int count, int vocabularySize) =>
        [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, _random.Next(1, 24)).Select(_ => RandomId(vocabularySize)).ToArray())];

    /// <summary>Words of many scripts with blanks and signs between them, about <paramref name="bytes"/> bytes in UTF-8.</summary>
    public string Sentences(int bytes)
    {
        var text = new StringBuilder();
        for (var length = 0; length < bytes;)
        {
            var next = Sentence();
            text.Append(next);
            length += Encoding.UTF8.GetByteCount(next);
        }

        return text.ToString();
    }

    // Low ids are bytes and single characters in most vocabularies; ids beyond the end are a model's padding rows.
    private int RandomId(int vocabularySize) => _random.Next(4) == 0 ? _random.Next(300) : _random.Next(vocabularySize + 8);

    private string Next()
    {
        var text = _random.Next(12) switch
        {
            0 => Join(_random.Next(1, 40), () => ((char)_random.Next(0x10000)).ToString()),
            1 => Join(_random.Next(1, 30), AnyCodePoint),
            2 => Join(_random.Next(1, 40), OneBlock()),
            3 => Join(_random.Next(1, 24), () => Pick(Blanks)),
            4 => Join(_random.Next(1, 10), Accented),
            5 => Join(_random.Next(1, 10), Added),
            6 => Join(_random.Next(1, 16), () => _vocabulary.Length == 0 ? "" : Pick(_vocabulary)),
            7 => Run(),
            _ => Join(_random.Next(1, 30), Sentence),
        };
        return _random.Next(4) == 0 ? Mutate(text) : text;
    }

    private string Sentence() => _random.Next(5) switch
    {
        0 => Pick(Signs),
        1 => Pick(Words),
        2 => Pick(Words) + Pick(Blanks),
        _ => Pick(Words) + " ",
    };

    private string AnyCodePoint()
    {
        var point = _random.Next(0x110000 - 0x800);
        return new Rune(point >= 0xD800 ? point + 0x800 : point).ToString();
    }

    private Func<string> OneBlock()
    {
        var (first, last) = Blocks[_random.Next(Blocks.Length)];
        return () => _random.Next(8) == 0 ? Pick(Blanks) : new Rune(_random.Next(first, last + 1)).ToString();
    }

    // A letter and marks in any order, which normalization sorts and composes.
    private string Accented()
    {
        var text = new StringBuilder(_random.Next(3) == 0 ? Pick(Words) : new Rune(_random.Next('A', 0x250)).ToString());
        for (var marks = _random.Next(6); marks > 0; marks--)
        {
            var (first, last) = _random.Next(4) == 0 ? (0x1100, 0x11ff) : _random.Next(3) == 0 ? (0x590, 0x65f) : (0x300, 0x36f);
            text.Append((char)_random.Next(first, last + 1));
        }

        return text.ToString();
    }

    private string Added()
    {
        var token = _added.Length == 0 ? "<s>" : Pick(_added);
        return _random.Next(7) switch
        {
            0 => token[..^1] + Pick(Words),
            1 => token[(token.Length / 2)..],
            2 => token + token,
            3 => Pick(Blanks) + token + Pick(Blanks),
            4 => Pick(Words) + token + Pick(Words),
            5 => token + Pick(Signs),
            _ => token,
        };
    }

    private string Run()
    {
        var unit = _random.Next(4) switch { 0 => Pick(Blanks), 1 => Pick(Signs), 2 => Pick(Words), _ => AnyCodePoint() };
        return string.Concat(Enumerable.Repeat(unit, _random.Next(1, 400))) + (_random.Next(2) == 0 ? Pick(Words) : "");
    }

    private string Mutate(string text)
    {
        if (text.Length == 0)
            return text;
        var position = _random.Next(text.Length);
        return _random.Next(3) switch
        {
            0 => text.Remove(position, 1),
            1 => text.Insert(position, Pick(Signs)),
            _ => text.Insert(position, text[position].ToString()),
        };
    }

    private static string Join(int count, Func<string> next) => string.Concat(Enumerable.Range(0, count).Select(_ => next()));

    private string Pick(string[] from) => from[_random.Next(from.Length)];
}
