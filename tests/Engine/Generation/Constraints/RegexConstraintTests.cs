using System.Text.RegularExpressions;
using CsCheck;
using Platform.Engine.Generation.Constraints;

namespace Platform.Engine.Tests.Generation.Constraints;

public sealed class RegexConstraintTests
{
    private static readonly TokenVocabulary Vocabulary = TinyVocabulary.Of("ab", "ba", "aab", "bé", "\u00A9x", "東京", "12", " the");

    // Patterns over a, b and é, as .NET reads them too.
    private static readonly Gen<string> Pattern = Gen.Recursive<string>((depth, inner) =>
    {
        var leaf = Pick.From("a", "b", "é", ".", "[ab]", "[^a]", "[a-cé]", "\\x61", "", "(?:)");
        if (depth > 4)
            return leaf;
        return Gen.Frequency(
            (3, leaf),
            (2, Gen.Select(inner, inner, (x, y) => x + y)),
            (1, Gen.Select(inner, inner, (x, y) => $"({x}|{y})")),
            (2, Gen.Select(inner, Pick.From("?", "*", "+", "{2}", "{1,2}", "{0,3}", "{2,}", "*?"), (x, q) => $"(?:{x}){q}")));
    });

    /// <summary>Null for repetitions of repetitions that are refused as too complex, as one random pattern in some thousands is.</summary>
    private static Constraint? Read(string pattern)
    {
        try
        {
            return Constraint.FromRegex(pattern, Vocabulary);
        }
        catch (InvalidConstraintException exception) when (exception.Message.Contains("too complex", StringComparison.Ordinal))
        {
            return null;
        }
    }

    private static readonly string[] Texts = [.. AllTexts("abé", 5)];

    [Fact]
    public void Accepts_RandomPatterns_AgreesWithDotNet() => Pattern.Sample(
        pattern =>
        {
            if (Read(pattern) is not { } constraint)
                return;
            var expected = Oracle(pattern);

            Assert.All(Texts, text => Assert.Equal(expected.IsMatch(text), constraint.Accepts(text)));
        },
        iter: 300);

    [Fact]
    public void Walk_RandomPatterns_GivesMatchingTexts() => Gen.Select(Pattern, Gen.Int).Sample(
        (pattern, seed) =>
        {
            if (Read(pattern) is not { } constraint)
                return;
            var text = TinyVocabulary.Walk(constraint, new Random(seed), freeTokens: 8);

            // To .NET a character beyond the first plane is two; any other that no pattern names does as well.
            Assert.Matches(Oracle(pattern), string.Concat(text.EnumerateRunes().Select(rune => rune.IsBmp ? rune.ToString() : "中")));
        },
        iter: 500);

    // Every token against all texts of a finite language: allowed exactly when the text with it begins one of them.
    [Fact]
    public void Allowed_FiniteLanguages_IsWhatSomeTextGoesOnWith() => Gen.Select(Letters(0, 6).Array[1, 8], Letters(1, 4).Array[0, 10]).Sample(
        (texts, tokens) =>
        {
            var vocabulary = TinyVocabulary.Of(tokens);
            var constraint = Constraint.FromRegex(string.Join('|', texts), vocabulary);

            Visit(constraint.Start(), "");

            void Visit(ConstraintState state, string text)
            {
                Assert.Equal(texts.Contains(text), state.IsComplete);
                for (var token = 0; token < vocabulary.Size; token++)
                {
                    var next = text + System.Text.Encoding.Latin1.GetString(vocabulary.Bytes(token));
                    var expected = vocabulary.EndTokens.Contains(token)
                        ? texts.Contains(text)
                        : next.Length > text.Length && texts.Any(whole => whole.StartsWith(next, StringComparison.Ordinal));
                    Assert.Equal(expected, state.Allowed.Contains(token));
                    var copy = state.Copy();
                    Assert.Equal(expected, copy.TryAdvance(token));
                    if (expected && !copy.HasEnded)
                        Visit(copy, next);
                }
            }
        },
        iter: 100);

    [Theory]
    [InlineData(@"\d{2,3}", "12 123", "1 1234 ١٢")]
    [InlineData(@"\w+", "a_9", "é a-b")]
    [InlineData(@"[^\s]+", "aé!", "a\u0009b")]
    [InlineData(@"\p{L}+", "aéЖ東", "1 a1")]
    [InlineData(@"\P{L}", "1 🙂", "a")]
    [InlineData(@".", "a é 東 🙂", "\n ab")]
    [InlineData(@"[\u4e00-\u9fff🙂]+", "東京 🙂", "a")]
    [InlineData(@"\u{1F642}|\ud83d\ude43|\x41", "🙂 🙃 A", "🙁")]
    [InlineData(@"^(?:yes|no)$", "yes no", "maybe")]
    [InlineData(@"(?<year>\d{4})-\d\d", "2026-11", "26-11")]
    [InlineData(@"a\.b\{\}\/\-", "a.b{}/-", "axb{}/-")]
    [InlineData(@"[\]\-a]]", "]] -] a]", "]")]
    public void Accepts_Syntax_MeansWhatItSays(string pattern, string valid, string invalid)
    {
        var constraint = Constraint.FromRegex(pattern, Vocabulary);

        Assert.All(valid.Split(' '), text => Assert.True(constraint.Accepts(text), text));
        Assert.All(invalid.Split(' '), text => Assert.False(constraint.Accepts(text), text));
    }

    [Theory]
    [InlineData("a(?=b)", "character 2", "lookahead")]
    [InlineData("(?<!a)b", "character 1", "lookbehind")]
    [InlineData("(?>a)b", "character 1", "atomic group")]
    [InlineData("(?i)a", "character 1", "group option")]
    [InlineData(@"(a)\1", "character 4", "reference")]
    [InlineData(@"\bword", "character 1", @"'\b'")]
    [InlineData("a^b", "character 2", "'^' is supported only at the start")]
    [InlineData("a$b", "character 2", "'$' is supported only at the end")]
    [InlineData("a++", "character 3", "possessive")]
    [InlineData("a**", "character 3", "follows a quantifier")]
    [InlineData("*a", "character 1", "nothing before '*'")]
    [InlineData("a{,3}", "character 2", "begins a count")]
    [InlineData("a{3,2}", "character 2", "ends before it begins")]
    [InlineData("a{1000001}", "character 3", "up to 1000000")]
    [InlineData("(a", "character 1", "not closed")]
    [InlineData("a)", "character 2", "closes no group")]
    [InlineData("[a", "character 1", "not closed")]
    [InlineData("[]", "character 1", "empty")]
    [InlineData("[z-a]", "character 2", "ends before it begins")]
    [InlineData("[[:alpha:]]", "character 2", "class inside a class")]
    [InlineData(@"\p{Greek}", "character 1", "general categories")]
    [InlineData(@"[^\s\S]", "character 1", "no character")]
    [InlineData(@"\ud83d", "character 1", "surrogate")]
    [InlineData("a\\", "character 2", "backslash ends")]
    public void FromRegex_Unsupported_SaysWhatAndWhere(string pattern, string path, string problem)
    {
        var error = Assert.Throws<InvalidConstraintException>(() => Constraint.FromRegex(pattern, Vocabulary));

        Assert.EndsWith(path, error.Path, StringComparison.Ordinal);
        Assert.Contains(problem, error.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(.*a.{30}){3}")]
    [InlineData("(a|aa|aaa){0,100000}b")]
    [InlineData(".*a(a|b){20}")]
    [InlineData("((a?){100}){100}a{5000}")]
    [InlineData("(x+x+)+y{0,50000}(x|y|xy){0,90000}")]
    public void FromRegex_MadeToTakeLong_IsRefused(string pattern) =>
        Assert.Throws<InvalidConstraintException>(() => Constraint.FromRegex(pattern, Vocabulary));

    [Fact]
    public void FromRegex_Deep_IsRefused() =>
        Assert.Throws<InvalidConstraintException>(() => Constraint.FromRegex(new string('(', 4000) + new string(')', 4000), Vocabulary));

    [Fact]
    public void FromRegex_TextsThatTheVocabularyCannotWrite_AreLeftOutOrRefused()
    {
        byte[][] tokens = ["a"u8.ToArray(), "b"u8.ToArray(), "cb"u8.ToArray(), []];
        var vocabulary = new TokenVocabulary(tokens, [3]);

        Assert.True(Constraint.FromRegex("[ab]c?b", vocabulary).Accepts("ab"));
        Assert.False(Constraint.FromRegex("[ab]c?b", vocabulary).Accepts("acb"));
        Assert.Contains("no token of their own", Assert.Throws<InvalidConstraintException>(() => Constraint.FromRegex("ac", vocabulary)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromRegex_Prefix_ComesFirst()
    {
        var constraint = Constraint.FromRegex("a+", Vocabulary, new ConstraintOptions { Prefix = " " });

        Assert.True(constraint.Accepts(" aa"));
        Assert.False(constraint.Accepts("aa"));
    }

    [Fact]
    public void Allowed_CharacterInPieces_LetsEachPieceFollow()
    {
        var state = Constraint.FromRegex("東", Vocabulary).Start();

        foreach (var value in "東"u8)
        {
            Assert.False(state.IsComplete);
            Assert.Equal(value, state.Allowed.Contains(value) ? value : -1);
            state.Advance(value);
        }

        Assert.True(state.MustEnd);
    }

    private static Regex Oracle(string pattern) => new($"\\A(?:{pattern})\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    private static Gen<string> Letters(int least, int most) => Pick.From("a", "b").Array[least, most].Select(string.Concat);

    private static IEnumerable<string> AllTexts(string letters, int length) => length == 0
        ? [""]
        : AllTexts(letters, length - 1).SelectMany(text => text.Length < length - 1 ? [text] : letters.Select(letter => text + letter).Prepend(text));
}
