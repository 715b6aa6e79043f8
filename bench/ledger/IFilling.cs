using Platform.Domain.Persistence;

namespace Platform.LedgerBench;

/// <param name="From">Where the records begin (microseconds since 1970).</param>
/// <param name="Length">Over how long they are spread (microseconds).</param>
/// <param name="Records">How many.</param>
/// <param name="Tasks">That they are of.</param>
internal sealed record Span(long From, long Length, long Records, int Tasks);

/// <summary>Makes records inside the database: sending them there would take longer than everything that is measured.</summary>
internal interface IFilling
{
    Task FillAsync(PlatformDbContext context, Span span, Action<string> said);

    /// <summary>After the sums are made.</summary>
    Task FinishAsync(PlatformDbContext context, Action<string> said);
}
