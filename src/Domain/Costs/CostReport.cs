using Platform.Domain.Rates;

namespace Platform.Domain.Costs;

/// <summary>What something costs, part by part, in 1e-9 of the currency's unit.</summary>
/// <param name="RequestsNano">As it was billed with the requests.</param>
/// <param name="AdjustmentNano">What corrections of rates changed since.</param>
/// <param name="IdleNano">A share of the time in which the device waited.</param>
/// <param name="TrainingNano">A share of the runs.</param>
public sealed record CostParts(long RequestsNano, long AdjustmentNano, long IdleNano, long TrainingNano)
{
    public static CostParts None { get; } = new(0, 0, 0, 0);

    public long TotalNano => RequestsNano + AdjustmentNano + IdleNano + TrainingNano;

    public static CostParts operator +(CostParts one, CostParts other) => new(
        one.RequestsNano + other.RequestsNano, one.AdjustmentNano + other.AdjustmentNano, one.IdleNano + other.IdleNano, one.TrainingNano + other.TrainingNano);
}

/// <param name="Day">UTC.</param>
public sealed record DayCost(DateOnly Day, CostParts Parts);

/// <param name="TaskId">Null for what no task could be found for.</param>
/// <param name="Days">Those on which it cost something, oldest first.</param>
public sealed record TaskCost(Guid? TaskId, string Task, string Currency, long Requests, long PromptTokens, long CachedTokens, CostParts Parts, IReadOnlyList<DayCost> Days);

/// <summary>What a team is charged: its keys' requests to any task, and idle time and training of the tasks that it owns.</summary>
/// <param name="TeamId">Null for what no team could be found for.</param>
/// <param name="Days">Those on which it paid something, oldest first.</param>
public sealed record TeamCost(Guid? TeamId, string Team, string Currency, long Requests, CostParts Parts, IReadOnlyList<DayCost> Days);

/// <summary>What the devices cost: it is what all tasks together pay.</summary>
/// <param name="Serving">Rate times the hours for which servers were up.</param>
/// <param name="Training">Rate times the device time of runs.</param>
public sealed record Bill(string Currency, Money Serving, Money Training)
{
    public Money Total => Serving with { Nano = Serving.Nano + Training.Nano };
}

/// <param name="To">Exclusive; both are starts of days, UTC.</param>
/// <param name="Teams">Together they pay what all tasks cost.</param>
/// <param name="Bills">One for each currency; only for admins.</param>
/// <param name="UpMicroseconds">For how long servers were up, all of them together.</param>
/// <param name="BusyMicroseconds">Device time of requests in it.</param>
public sealed record CostReport(
    DateOnly From, DateOnly To, IReadOnlyList<TaskCost> Tasks, IReadOnlyList<TeamCost> Teams, IReadOnlyList<Bill> Bills, long UpMicroseconds, long BusyMicroseconds, IdleRule IdleRule);
