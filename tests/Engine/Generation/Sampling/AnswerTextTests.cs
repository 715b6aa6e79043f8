using CsCheck;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Tests.Tokenization;

namespace Platform.Engine.Tests.Generation.Sampling;

public sealed class AnswerTextTests
{
    private static readonly Gen<string> Letters = Pick.From("a", "b", "é", "🙂", "\n").Array[0, 12].Select(string.Concat);

    private static readonly Gen<string[]> Stops = Pick.From("a", "b", "é", "🙂", "\n").Array[1, 4].Select(string.Concat).Array[0, 4];

    [Fact]
    public void Append_AnyTokens_GivesTheTextBeforeTheFirstStop() => Gen.Select(Letters, Stops, Gen.Int).Sample((text, stops, seed) =>
    {
        var expected = Cut(text, stops);
        var compiled = new StopStrings(stops);
        var random = new Random(seed);

        Assert.Equal(expected, Run(compiled, Bytes(text), out _));
        Assert.Equal(expected, Run(compiled, TestTokenizers.ByteLevel.Encode(text), out _));
        Assert.Equal(expected, Run(compiled, RandomTokens(text, random), out _));
    });

    [Fact]
    public void Append_EveryToken_HoldsBackOnlyWhatMayBecomeAStop() => Gen.Select(Letters, Stops).Sample((text, stops) =>
    {
        var stream = new AnswerText(new StopStrings(stops), TestTokenizers.ByteLevel.CreateStreamingDecoder());
        var given = "";
        foreach (var token in Bytes(text))
        {
            given += stream.Append(token);
            Assert.Equal(given, Platform.Engine.Tokenization.UnicodeText.ReplaceLoneSurrogates(given));
            if (stream.HasStopped)
                break;

            // The rest of the whole characters is the beginning of a stop string, and nothing before it is.
            var whole = Whole(text, given);
            var held = whole[given.Length..];
            Assert.True(held.Length == 0 || stops.Any(stop => stop.StartsWith(held, StringComparison.Ordinal)));
        }

        string Whole(string all, string start) => all[..Math.Min(all.Length, start.Length + Longest(all, start))];

        int Longest(string all, string start) => Enumerable.Range(0, all.Length - start.Length + 1).Reverse().FirstOrDefault(
            length => stops.Any(stop => stop.StartsWith(all.Substring(start.Length, length), StringComparison.Ordinal) && stop.Length > length));
    });

    [Fact]
    public void Append_StopAcrossTokens_CutsBeforeIt()
    {
        var stream = new AnswerText(new StopStrings("\n\n", "END"), TestTokenizers.ByteLevel.CreateStreamingDecoder());

        string[] parts = [.. "oneE\n".Select(c => stream.Append(Byte((byte)c))), stream.Append(Byte((byte)'\n'))];

        Assert.Equal(["o", "n", "e", "", "E", ""], parts);
        Assert.Equal("\n\n", stream.Stop);
        Assert.Equal("", stream.Finish());
        Assert.Throws<InvalidOperationException>(() => stream.Append(Byte((byte)'x')));
    }

    [Fact]
    public void Finish_HeldBack_ComesOut()
    {
        var stream = new AnswerText(new StopStrings("abc"), TestTokenizers.ByteLevel.CreateStreamingDecoder());

        Assert.Equal("x", string.Concat("xab".Select(c => stream.Append(Byte((byte)c)))));
        Assert.Equal("ab", stream.Finish());
        Assert.False(stream.HasStopped);
    }

    [Fact]
    public void Finish_HalfACharacter_MayCompleteAStop()
    {
        var stream = new AnswerText(new StopStrings("a\uFFFD"), TestTokenizers.ByteLevel.CreateStreamingDecoder());

        Assert.Equal("", stream.Append(Byte((byte)'a')) + stream.Append(Byte(0xC3)));
        Assert.Equal("", stream.Finish());
        Assert.True(stream.HasStopped);
    }

    [Fact]
    public void StopStrings_Unusable_SaysWhich()
    {
        Assert.Contains("stop[1]", Assert.Throws<ArgumentException>(() => new StopStrings("a", "")).Message, StringComparison.Ordinal);
        Assert.Contains("stop[0]", Assert.Throws<ArgumentException>(() => new StopStrings("\ud83d")).Message, StringComparison.Ordinal);
        Assert.Contains("17", Assert.Throws<ArgumentException>(() => new StopStrings([.. Enumerable.Repeat("a", 17)])).Message, StringComparison.Ordinal);
        Assert.Contains("513", Assert.Throws<ArgumentException>(() => new StopStrings(new string('a', 513))).Message, StringComparison.Ordinal);
    }

    // The definition: the stop string that is complete first; of those that are complete with the same character the longest.
    private static string Cut(string text, string[] stops)
    {
        for (var end = 1; end <= text.Length; end++)
        {
            var found = stops.Where(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)).OrderByDescending(stop => stop.Length).FirstOrDefault();
            if (found is not null)
                return text[..(end - found.Length)];
        }

        return text;
    }

    private static string Run(StopStrings stops, IEnumerable<int> tokens, out string? stop)
    {
        var stream = new AnswerText(stops, TestTokenizers.ByteLevel.CreateStreamingDecoder());
        var text = "";
        foreach (var token in tokens.TakeWhile(_ => !stream.HasStopped))
            text += stream.Append(token);
        text += stream.Finish();
        stop = stream.Stop;
        return text;
    }

    private static IEnumerable<int> Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text).Select(Byte);

    // Cut at random places into tokens of any length that the vocabulary has.
    private static IEnumerable<int> RandomTokens(string text, Random random)
    {
        while (text.Length > 0)
        {
            var length = random.Next(1, text.Length + 1);
            if (length < text.Length && char.IsLowSurrogate(text[length]))
                length++;
            foreach (var token in TestTokenizers.ByteLevel.Encode(text[..length]))
                yield return token;
            text = text[length..];
        }
    }

    private static int Byte(byte value) =>
        TestTokenizers.ByteLevel.TokenId(Platform.Engine.Tokenization.ByteAlphabet.ToCharacter(value).ToString())!.Value;
}
