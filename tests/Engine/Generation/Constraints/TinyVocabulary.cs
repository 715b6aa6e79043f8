using System.Text;
using Platform.Engine.Generation.Constraints;

namespace Platform.Engine.Tests.Generation.Constraints;

/// <summary>Vocabularies made on the spot, and answers generated within a constraint without any model.</summary>
internal static class TinyVocabulary
{
    /// <summary>Every byte, then some texts, then a special token without bytes, then the end token.</summary>
    public static TokenVocabulary Of(params IEnumerable<string> texts)
    {
        byte[][] tokens = [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }), .. texts.Select(Encoding.UTF8.GetBytes), [], []];
        return new TokenVocabulary(tokens, [tokens.Length - 1]);
    }

    /// <summary>The token of one byte.</summary>
    public static int Byte(char character) => character;

    /// <summary>Generates an answer from tokens drawn among the allowed; after some tokens the shortest way to the end is taken.</summary>
    public static string Walk(Constraint constraint, Random random, int freeTokens = 30)
    {
        var (state, bytes) = (constraint.Start(), new List<byte>());
        var end = constraint.Vocabulary.EndTokens[0];
        for (var step = 0; ; step++)
        {
            var allowed = state.Allowed;
            Assert.True(allowed.Count > 0);
            Assert.Equal(state.IsComplete, allowed.Contains(end));
            Assert.Equal(state.LeastBytes == 0, state.IsComplete);
            if (state.IsComplete && (step >= freeTokens || state.MustEnd || random.Next(4) == 0))
            {
                Assert.True(state.TryAdvance(end));
                return Encoding.UTF8.GetString([.. bytes]);
            }

            var token = step < freeTokens ? Any(allowed, random, end) : Shortest(state);
            state.Advance(token);
            bytes.AddRange(constraint.Vocabulary.Bytes(token));
        }
    }

    private static int Any(TokenSet allowed, Random random, int end)
    {
        int[] tokens = [.. Enumerable.Range(0, allowed.Words.Length * 64).Where(token => token != end && allowed.Contains(token))];
        return tokens[random.Next(tokens.Length)];
    }

    // One byte at a time, so that the promise of LeastBytes is tested too.
    private static int Shortest(ConstraintState state)
    {
        for (var token = 0; token < 256; token++)
        {
            var next = state.Copy();
            if (state.Allowed.Contains(token) && next.TryAdvance(token) && next.LeastBytes == state.LeastBytes - 1)
                return token;
        }

        throw new InvalidOperationException($"No byte leads closer to the end than {state.LeastBytes}.");
    }
}
