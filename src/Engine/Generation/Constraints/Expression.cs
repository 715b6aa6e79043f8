namespace Platform.Engine.Generation.Constraints;

/// <summary>
/// A set of byte strings, none of them empty sets: "no text at all" is written as null, and <see cref="ExpressionPool"/> takes it out
/// wherever it would appear. So every expression that exists has a text, and so has whatever is left of it after some bytes.
/// </summary>
/// <remarks>Made by <see cref="ExpressionPool"/> only, which gives the same object for the same content: comparing references is comparing content.</remarks>
internal abstract class Expression(int id, bool acceptsEmpty, int leastBytes)
{
    /// <summary>Number in its pool.</summary>
    public int Id => id;

    /// <summary>Whether the empty text is one of its texts.</summary>
    public bool AcceptsEmpty => acceptsEmpty;

    /// <summary>Bytes of its shortest text.</summary>
    public int LeastBytes => leastBytes;
}

/// <summary>The empty text only.</summary>
internal sealed class EmptyText(int id) : Expression(id, acceptsEmpty: true, leastBytes: 0);

/// <summary>One byte, which decides what follows.</summary>
internal sealed class ByteChoice(int id, ByteChoice.Run[] runs) : Expression(id, acceptsEmpty: false, 1 + runs.Min(run => run.Next.LeastBytes))
{
    /// <summary>Sorted; they do not overlap.</summary>
    public Run[] Runs => runs;

    /// <summary>What follows a byte; null when the byte is not possible.</summary>
    public Expression? After(byte value)
    {
        var (low, high) = (0, runs.Length - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (runs[middle].Last < value)
                low = middle + 1;
            else
                high = middle;
        }

        return runs[low].First <= value && value <= runs[low].Last ? runs[low].Next : null;
    }

    /// <summary>Neighbouring bytes with the same continuation.</summary>
    public readonly record struct Run(byte First, byte Last, Expression Next);
}

/// <summary>A text of the head, then one of the tail. The head is no chain itself.</summary>
internal sealed class Chain(int id, Expression head, Expression tail)
    : Expression(id, head.AcceptsEmpty && tail.AcceptsEmpty, ExpressionPool.Add(head.LeastBytes, tail.LeastBytes))
{
    public Expression Head => head;

    public Expression Tail => tail;
}

/// <summary>A text of any of the items, which are two at least and no alternatives themselves.</summary>
internal sealed class Alternatives(int id, Expression[] items) : Expression(id, items.Any(item => item.AcceptsEmpty), items.Min(item => item.LeastBytes))
{
    public Expression[] Items => items;
}

/// <summary>
/// Texts of the body, one behind the other. The count is kept, not unrolled: a limit of a million costs what a limit of two costs.
/// </summary>
internal sealed class Repetition(int id, Expression body, int least, int most) : Expression(id, least == 0, ExpressionPool.Multiply(body.LeastBytes, least))
{
    /// <summary>No upper limit.</summary>
    public const int Unlimited = int.MaxValue;

    public Expression Body => body;

    public int Least => least;

    public int Most => most;
}
