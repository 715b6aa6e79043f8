namespace Platform.Domain.Budgets;

/// <summary>
/// What of a budget is spent in one period and what is reserved for requests on their way. Nobody gets a reservation that would take
/// spent and reserved together beyond the limit; that is one conditional UPDATE, so it holds for any number of Api processes.
/// </summary>
public sealed class BudgetAccount
{
    public required Guid BudgetId { get; init; }

    /// <summary>In microseconds since 1970.</summary>
    public required long PeriodStart { get; init; }

    public required long SpentNano { get; init; }

    /// <summary>The sum of its <see cref="BudgetLease"/>s.</summary>
    public required long ReservedNano { get; init; }
}

/// <summary>
/// The part of a budget that one Api process holds: for its requests on their way, and some more so that not every request has to
/// ask the database. Of a process that died nothing is lost: its lease is given back when it is found dead.
/// </summary>
public sealed class BudgetLease
{
    public required Guid BudgetId { get; init; }

    public required long PeriodStart { get; init; }

    /// <summary>The process, as <see cref="Claims.ClaimOwner"/> names it.</summary>
    public required string Server { get; init; }

    public required long AmountNano { get; init; }

    public required DateTimeOffset SeenAt { get; init; }
}

/// <param name="BudgetId">A hard budget that something was reserved from.</param>
/// <param name="PeriodStart">The period in which the request was let in; it counts there, also when it ends in the next one.</param>
public readonly record struct ReservedPart(Guid BudgetId, long PeriodStart);

/// <summary>What was reserved for a request before it was computed.</summary>
/// <param name="Server">The process that holds the leases.</param>
/// <param name="BoundNano">The most that the request can cost; the same from every budget.</param>
public sealed record BudgetCharge(string Server, long BoundNano, string Currency, IReadOnlyList<ReservedPart> Parts);
