using Microsoft.EntityFrameworkCore;
using Platform.Domain.Costs;
using Platform.Domain.Persistence;
using Platform.Domain.Rates;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Savings;

/// <summary>What a task paid for serving, against a server of its own that is up for as long as the shared one served it.</summary>
/// <param name="UpMicroseconds">For how long at least one server served the task.</param>
/// <param name="Shared">Its requests, their adjustments and its share of idle time; training is not in it: a model of its own is trained as well.</param>
/// <param name="Dedicated">The rate in force times that time.</param>
public sealed record TaskSaving(long UpMicroseconds, Money Shared, Money Dedicated)
{
    /// <summary>1 - shared / dedicated; null where a server of its own would have cost nothing.</summary>
    public double? Share => Dedicated.Nano > 0 ? 1 - (double)Shared.Nano / Dedicated.Nano : null;
}

/// <summary>The saving of one task, from the recorded time of servers.</summary>
public sealed class TaskSavings(IDbContextFactory<PlatformDbContext> contexts)
{
    /// <param name="costs">What everything cost in the span, as the actor sees it.</param>
    /// <returns>One for each currency; none for a task that the actor may not see, or that nothing served.</returns>
    public async Task<IReadOnlyList<TaskSaving>> OfAsync(Actor actor, TaskDefinition task, CostReport costs, CancellationToken cancellationToken)
    {
        if (!actor.MaySee(task))
            return [];
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var (start, end) = (Start(costs.From), Start(costs.To));
        var served = context.Deployments.Where(deployment => deployment.ModelVersion!.Evaluations.Any(evaluation => evaluation.TaskId == task.Id)).Select(deployment => deployment.Id);
        var sessions = await context.EngineSessions.AsNoTracking()
            .Where(session => session.StartedAt < end && session.LastSeenAt > start && served.Contains(session.DeploymentId)).ToListAsync(cancellationToken);
        var up = ServerTime.OfAny(sessions, UnixTime.ToMicroseconds(start), UnixTime.ToMicroseconds(end));
        var rates = await RateBook.HistoryAsync(context, cancellationToken);
        var paid = costs.Tasks.Where(line => line.TaskId == task.Id).ToDictionary(line => line.Currency, line => line.Parts);
        return [.. ServerTime.Priced(up, rates).GroupBy(piece => piece.Key.Currency).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
        {
            var parts = paid.GetValueOrDefault(group.Key, CostParts.None);
            return new TaskSaving(
                up.Sum(time => time.To - time.From), new Money(parts.RequestsNano + parts.AdjustmentNano + parts.IdleNano, group.Key), new Money(group.Sum(piece => piece.Value), group.Key));
        })];
    }

    private static DateTimeOffset Start(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
