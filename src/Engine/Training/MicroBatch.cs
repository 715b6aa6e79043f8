using System.Globalization;

namespace Platform.Engine.Training;

/// <summary>How many tokens go through the model at once. When memory runs out it is halved and the batch begins anew: the update stays the same but for rounding.</summary>
/// <param name="tokens">Most tokens of a pass to begin with.</param>
/// <param name="report">Receives a sentence when it was halved.</param>
internal sealed class MicroBatch(int tokens, Action<string> report)
{
    /// <summary>Most tokens of a pass; a longer row gets a pass of its own.</summary>
    public int Tokens { get; set; } = tokens;

    /// <summary>Does some work on rows with as many tokens at once as memory allows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="work">Does it with at most so many tokens of a pass; it begins from the start when it is called again.</param>
    /// <param name="undo">Takes back what work that broke off has left.</param>
    /// <exception cref="TrainingMemoryException">Not even one row fits.</exception>
    public T Run<T>(IReadOnlyList<TokenizedRow> rows, Func<int, T> work, Action undo)
    {
        while (true)
        {
            Exception cause;
            try
            {
                return work(Tokens);
            }
            catch (Exception exception) when (MemoryShortage.IsCauseOf(exception))
            {
                cause = exception;
            }

            // Outside of the handler, so that nothing of the failed work is held any more.
            undo();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Halve(rows, cause);
        }
    }

    private void Halve(IReadOnlyList<TokenizedRow> rows, Exception cause)
    {
        var longest = rows.Max(row => row.Ids.Length);
        var used = (int)Math.Min(Tokens, rows.Sum(row => (long)row.Ids.Length));
        if (used <= longest)
        {
            throw new TrainingMemoryException(
                $"There is not enough memory for a single row of {longest:N0} tokens at a time. Lower maxTokens or take a smaller model and plan a new run, or free memory and try again; the last checkpoint is unharmed.", cause);
        }

        Tokens = Math.Max(longest, used / 2);
        report(string.Create(CultureInfo.InvariantCulture, $"Memory ran out with {used:N0} tokens at a time; the training goes on with {Tokens:N0}. Batches and updates stay the same but for rounding; it only takes longer."));
    }
}
