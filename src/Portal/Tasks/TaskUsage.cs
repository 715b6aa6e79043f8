using Platform.Domain.Budgets;
using Platform.Domain.Costs;
using Platform.Domain.Deployments;
using Platform.Domain.Results;
using Platform.Domain.Savings;
using Platform.Domain.Tasks;
using Platform.Domain.Usage;
using Platform.Domain.Users;
using Platform.Portal.Usage;

namespace Platform.Portal.Tasks;

/// <param name="Usage">Null on days without a request.</param>
/// <param name="Latency">Null on days without an answered request.</param>
public sealed record TaskUsageDay(DateOnly Day, string Currency, UsageSummary? Usage, LatencySummary? Latency, CostParts Parts);

/// <param name="Totals">One for each currency.</param>
/// <param name="Costs">Likewise.</param>
/// <param name="Days">Those with a request or a cost, oldest first.</param>
/// <param name="Budgets">Of the task itself and of its team.</param>
/// <param name="Measured">What was measured of the live version's saving; null when nobody did, or the task was not part of it.</param>
public sealed record TaskUsageView(
    TaskDefinition Task, bool IsLive, IReadOnlyList<UsageSummary> Totals, LatencySummary? Latency, IReadOnlyList<TaskCost> Costs, IReadOnlyList<TaskUsageDay> Days,
    IReadOnlyList<BudgetState> Budgets, IReadOnlyList<TaskSaving> Savings, SavingReport? Measured)
{
    public bool IsEmpty => Days.Count == 0;
}

/// <summary>What one task was asked, how fast it answered and what it cost, put together from the domain's operations.</summary>
public sealed class TaskUsage(
    TaskCatalog catalog, UsageQuery usage, LatencyQuery latencies, CostQuery costs, BudgetBook budgets, TaskSavings savings, SavingBook measurements, DeploymentRollout rollout)
{
    /// <summary>Days of one page; a longer period is cut to the newest.</summary>
    public const int MaxDays = 366;

    public async Task<Result<TaskUsageView>> LoadAsync(Actor actor, string name, UsagePeriod period, CancellationToken cancellationToken)
    {
        var found = await catalog.FindAsync(actor, name, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<TaskUsageView>(found.Errors);
        var task = found.Value;
        var filter = period.Filter with { TaskId = task.Id };
        var report = await costs.ReportAsync(actor, period.From, period.To.AddDays(1), cancellationToken);
        List<TaskCost> mine = [.. report.Tasks.Where(line => line.TaskId == task.Id)];
        var live = await rollout.FindLiveAsync(cancellationToken);
        var measured = live is null ? null : await measurements.FindNewestAsync(live.ModelVersionId, cancellationToken);
        return new TaskUsageView(
            task,
            live?.ModelVersion?.Evaluations.Exists(evaluation => evaluation.TaskId == task.Id) == true,
            await usage.SummariseAsync(actor, filter, UsageGrouping.Task, cancellationToken),
            (await latencies.ByTaskAsync(actor, filter, cancellationToken)).GetValueOrDefault(task.Name),
            mine,
            Days(
                await usage.SummariseAsync(actor, filter, UsageGrouping.Day, cancellationToken),
                await latencies.ByDayAsync(actor, filter, cancellationToken), mine),
            [.. (await budgets.ListAsync(actor, cancellationToken)).Where(budget => budget.Budget.ScopeId == task.Id || budget.Budget.ScopeId == task.TeamId)],
            await savings.OfAsync(actor, task, report, cancellationToken),
            measured?.Dedicated.Any(server => server.Tasks.Contains(task.Name)) == true ? measured : null);
    }

    private static List<TaskUsageDay> Days(IReadOnlyList<UsageSummary> usage, IReadOnlyDictionary<DateOnly, LatencySummary> latencies, List<TaskCost> costs)
    {
        var used = usage.ToDictionary(row => (Day: UsagePeriod.ParseDay(row.Group)!.Value, row.Currency));
        var paid = costs.SelectMany(line => line.Days, (line, day) => (line.Currency, day.Day, day.Parts)).ToDictionary(line => (line.Day, line.Currency), line => line.Parts);
        return [.. used.Keys.Union(paid.Keys).OrderBy(key => key.Day).ThenBy(key => key.Currency, StringComparer.Ordinal).Select(key => new TaskUsageDay(
            key.Day, key.Currency, used.GetValueOrDefault(key), latencies.GetValueOrDefault(key.Day), paid.GetValueOrDefault(key, CostParts.None)))];
    }
}
