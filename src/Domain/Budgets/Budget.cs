using Platform.Domain.Persistence;
using Platform.Domain.Rates;
using Platform.Domain.Usage;

namespace Platform.Domain.Budgets;

/// <summary>Whose requests a budget counts.</summary>
public enum BudgetScope
{
    Task,
    Team,
    Key,
}

public enum BudgetPeriod
{
    /// <summary>A calendar month, UTC.</summary>
    Month,

    /// <summary>From the day (UTC) on which the budget was set, without end.</summary>
    Total,
}

public enum BudgetKind
{
    /// <summary>Warns when it is spent.</summary>
    Soft,

    /// <summary>Refuses what would exceed it.</summary>
    Hard,
}

/// <summary>What a task, a team or a key may spend on requests. There is at most one of a scope, period and kind at a time.</summary>
public sealed class Budget
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required BudgetScope Scope { get; init; }

    /// <summary>The task's, team's or key's id.</summary>
    public required Guid ScopeId { get; init; }

    public required BudgetPeriod Period { get; init; }

    public required BudgetKind Kind { get; init; }

    /// <summary>In 1e-9 of the currency's unit.</summary>
    public required long LimitNano { get; set; }

    public required string Currency { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedByName { get; init; }

    public DateTimeOffset? EndedAt { get; set; }

    public Money Limit => new(LimitNano, Currency);

    internal bool Counts(UsageRecord record) => Currency == record.Currency && Concerns(record.TaskId, record.TeamId, record.KeyId);

    public bool Concerns(Guid taskId, Guid teamId, Guid keyId) => ScopeId == Scope switch
    {
        BudgetScope.Task => taskId,
        BudgetScope.Team => teamId,
        _ => keyId,
    };

    /// <summary>Start of the period that a moment belongs to, in microseconds since 1970; null when the budget does not reach back that far.</summary>
    public long? PeriodStart(DateTimeOffset at)
    {
        if (Period == BudgetPeriod.Month)
            return UnixTime.ToMicroseconds(MonthOf(at));
        var start = UsageSpan.Floor(UnixTime.ToMicroseconds(CreatedAt), UnixTime.MicrosecondsPerDay);
        return UnixTime.ToMicroseconds(at) >= start ? start : null;
    }

    /// <summary>When spending starts again from nothing; null when it never does.</summary>
    public DateTimeOffset? ResetsAt(DateTimeOffset at) => Period == BudgetPeriod.Month ? MonthOf(at).AddMonths(1) : null;

    /// <summary>End of the period that starts then, in microseconds since 1970.</summary>
    internal long PeriodEnd(long start) => Period == BudgetPeriod.Month
        ? UnixTime.ToMicroseconds(UnixTime.FromMicroseconds(start).AddMonths(1))
        : long.MaxValue;

    private static DateTimeOffset MonthOf(DateTimeOffset at)
    {
        var utc = at.ToUniversalTime();
        return new DateTimeOffset(utc.Year, utc.Month, 1, 0, 0, 0, TimeSpan.Zero);
    }
}
