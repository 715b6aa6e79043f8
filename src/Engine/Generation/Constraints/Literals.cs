using System.Text;

namespace Platform.Engine.Generation.Constraints;

/// <summary>Expressions for lists of fixed texts.</summary>
internal static class Literals
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Any of some texts, as a tree that shares what they begin with and what they end with.</summary>
    public static Expression? Read(IReadOnlyList<byte[]> texts, ExpressionPool pool)
    {
        byte[][] sorted = [.. texts];
        Array.Sort(sorted, (a, b) => a.AsSpan().SequenceCompareTo(b));
        return Read(sorted, 0, pool);
    }

    /// <summary>The bytes of a text.</summary>
    public static byte[] Utf8(string text, string path)
    {
        try
        {
            return Strict.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            throw new InvalidConstraintException(path, "it has half a surrogate pair, which is no character.");
        }
    }

    private static Expression? Read(ReadOnlySpan<byte[]> texts, int depth, ExpressionPool pool)
    {
        // One text left, the usual case, goes without a level for each of its bytes.
        if (texts.Length == 1)
            return pool.Literal(texts[0].AsSpan(depth));
        var shared = texts[0].AsSpan(depth).CommonPrefixLength(texts[^1].AsSpan(depth));
        if (shared > 0)
            return pool.Literal(texts[0].AsSpan(depth, shared), Read(texts, depth + shared, pool));
        var next = new Expression?[256];
        var ends = texts[0].Length == depth;
        while (texts.Length > 0 && texts[0].Length == depth)
            texts = texts[1..];
        for (var start = 0; start < texts.Length;)
        {
            var value = texts[start][depth];
            var end = start + 1;
            while (end < texts.Length && texts[end][depth] == value)
                end++;
            next[value] = Read(texts[start..end], depth + 1, pool);
            start = end;
        }

        var choice = pool.Choice(next);
        return ends ? pool.Optional(choice) : choice;
    }
}
