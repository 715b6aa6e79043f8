using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Rates;
using Platform.Domain.Usage;
using Platform.Domain.Users;

namespace Platform.Domain.Costs;

/// <summary>
/// The cost of every task over whole days: requests and their adjustments from the ledger, idle time and training worked out from
/// measured time at the rates as they are corrected now. All tasks together pay exactly the bill: rate times the time servers were up,
/// and rate times the device time of runs.
/// </summary>
public sealed class CostQuery(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    private sealed record Used(Guid TaskId, Guid TeamId, string Currency, long Day, long Requests, long PromptTokens, long CachedTokens, long DeviceMicroseconds, long CostNano);

    /// <param name="to">Exclusive.</param>
    /// <param name="actor">Members see their teams' tasks and what their teams pay; the bill is for admins.</param>
    public async Task<CostReport> ReportAsync(Actor actor, DateOnly from, DateOnly to, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);

        // One view of everything: what is recorded meanwhile must not be in one part and missing in another.
        await using var transaction = await context.BeginReadAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var (start, end) = (Start(from), Start(to));
        var rates = await RateBook.HistoryAsync(context, cancellationToken);
        var rules = await IdleRules.ListAsync(context, cancellationToken);
        var used = await UsedAsync(context, start, end, cancellationToken);
        var sessions = await context.EngineSessions.AsNoTracking().Where(session => session.StartedAt < end && session.LastSeenAt > start).ToListAsync(cancellationToken);
        var served = await ServedAsync(context, sessions, cancellationToken);

        var tasks = await context.Tasks.Select(task => new { task.Id, task.Name, task.TeamId }).ToDictionaryAsync(task => task.Id, task => (task.Name, task.TeamId), cancellationToken);
        var teams = await context.Teams.ToDictionaryAsync(team => team.Id, team => team.Name, cancellationToken);
        var sheet = new CostSheet(tasks.ToDictionary(task => task.Key, task => task.Value.TeamId));
        foreach (var line in used)
            sheet.Add(line.TaskId, line.TeamId, line.Currency, Day(line.Day), CostParts.None with { RequestsNano = line.CostNano });
        await AddAdjustmentsAsync(context, sheet, start, end, cancellationToken);
        List<(long From, long To)> up = [.. ServerTime.Of(sessions, UnixTime.ToMicroseconds(start), UnixTime.ToMicroseconds(end))];
        var serving = ServingBill(sheet, ServerTime.Priced(up, rates), rules, used, sessions, served);
        var training = await TrainingCosts.AddAsync(context, sheet, rates, start, end, now, cancellationToken);
        return new CostReport(
            from, to, OfTasks(actor, sheet, used, tasks), OfTeams(actor, sheet, used, teams), actor.IsAdmin ? Bills(serving, training) : [],
            up.Sum(time => time.To - time.From), used.Sum(line => line.DeviceMicroseconds), IdleRules.InForceOn(rules, DateOnly.FromDateTime(now.UtcDateTime)));
    }

    private static DateTimeOffset Start(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    private static DateOnly Day(long day) => ServerTime.DayOf(day * UnixTime.MicrosecondsPerDay);

    private static Task<List<Used>> UsedAsync(PlatformDbContext context, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var (low, high) = (UnixTime.ToMicroseconds(from), UnixTime.ToMicroseconds(to));
        return context.UsageRollups.Where(sum => sum.Hours == UsageRollup.Day && sum.StartMicroseconds >= low && sum.StartMicroseconds < high)
            .GroupBy(sum => new { sum.TaskId, sum.TeamId, sum.Currency, Day = sum.StartMicroseconds / UnixTime.MicrosecondsPerDay })
            .Select(group => new Used(
                group.Key.TaskId, group.Key.TeamId, group.Key.Currency, group.Key.Day, group.Sum(sum => sum.Requests), group.Sum(sum => sum.PromptTokens), group.Sum(sum => sum.CachedTokens),
                group.Sum(sum => sum.DeviceMicroseconds), group.Sum(sum => sum.CostNano)))
            .ToListAsync(cancellationToken);
    }

    private static async Task AddAdjustmentsAsync(PlatformDbContext context, CostSheet sheet, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var (low, high) = (UnixTime.ToMicroseconds(from), UnixTime.ToMicroseconds(to));
        var sums = await context.UsageAdjustments.Where(entry => entry.AtMicroseconds >= low && entry.AtMicroseconds < high)
            .GroupBy(entry => new { entry.TaskId, entry.TeamId, entry.Currency, Day = entry.AtMicroseconds / UnixTime.MicrosecondsPerDay })
            .Select(group => new { group.Key, Amount = group.Sum(entry => entry.AmountNano) }).ToListAsync(cancellationToken);
        foreach (var sum in sums)
            sheet.Add(sum.Key.TaskId, sum.Key.TeamId, sum.Key.Currency, Day(sum.Key.Day), CostParts.None with { AdjustmentNano = sum.Amount });
    }

    /// <summary>The tasks that a deployment serves.</summary>
    private static async Task<Dictionary<Guid, List<Guid>>> ServedAsync(PlatformDbContext context, List<EngineSession> sessions, CancellationToken cancellationToken)
    {
        var ids = sessions.Select(session => session.DeploymentId).Distinct().ToList();
        var deployments = await context.Deployments.Where(deployment => ids.Contains(deployment.Id))
            .Select(deployment => new { deployment.Id, Tasks = deployment.ModelVersion!.Evaluations.Select(evaluation => evaluation.TaskId).ToList() }).ToListAsync(cancellationToken);
        return deployments.ToDictionary(deployment => deployment.Id, deployment => deployment.Tasks);
    }

    /// <summary>Shares out what the servers cost beyond the requests, day by day.</summary>
    /// <returns>What serving costs, by currency.</returns>
    private static Dictionary<string, long> ServingBill(
        CostSheet sheet, Dictionary<(DateOnly Day, string Currency), long> up, IReadOnlyList<IdleRule> rules, List<Used> used, List<EngineSession> sessions,
        Dictionary<Guid, List<Guid>> served)
    {
        var totals = new Dictionary<string, long>(StringComparer.Ordinal);
        var use = used.GroupBy(line => (line.TaskId, Day(line.Day))).ToDictionary(group => group.Key, group => group.Sum(line => line.DeviceMicroseconds));
        var days = up.Keys.Concat(sheet.Lines.SelectMany(line => line.Days.Keys.Select(day => (day, line.Currency)))).Distinct().ToList();
        foreach (var (day, currency) in days)
        {
            // Requests of a day without a server's time on record (from before it was kept) are all that day's bill can be.
            var billed = sheet.Billed(currency, day);
            var cost = up.GetValueOrDefault((day, currency), billed);
            totals[currency] = totals.GetValueOrDefault(currency) + cost;
            sheet.Share(
                new Money(cost - billed, currency), day, Weights(IdleRules.InForceOn(rules, day), TasksOn(day, sessions, served), use, day),
                share => CostParts.None with { IdleNano = share });
        }

        return totals;
    }

    private static List<Guid> TasksOn(DateOnly day, List<EngineSession> sessions, Dictionary<Guid, List<Guid>> served) =>
        [.. sessions.Where(session => session.StartedAt < Start(day.AddDays(1)) && session.LastSeenAt >= Start(day))
            .SelectMany(session => served.GetValueOrDefault(session.DeploymentId) ?? []).Distinct().Order()];

    /// <summary>A rule under which nobody would pay (nothing used, nobody reserved) shares evenly.</summary>
    private static List<(Guid Task, long Weight)> Weights(IdleRule rule, List<Guid> tasks, Dictionary<(Guid Task, DateOnly Day), long> use, DateOnly day) => rule.Sharing switch
    {
        IdleSharing.Even => [.. tasks.Select(task => (task, 1L))],
        IdleSharing.ByUse => [.. tasks.Select(task => (task, use.GetValueOrDefault((task, day))))],
        _ => [.. tasks.Select(task => (task, (long)(rule.Reservations.FirstOrDefault(reservation => reservation.TaskId == task)?.Weight ?? 0)))],
    };

    private static List<Bill> Bills(Dictionary<string, long> serving, Dictionary<string, long> training) =>
        [.. serving.Keys.Union(training.Keys).Order(StringComparer.Ordinal)
            .Select(currency => new Bill(currency, new Money(serving.GetValueOrDefault(currency), currency), new Money(training.GetValueOrDefault(currency), currency)))];

    private static List<TaskCost> OfTasks(Actor actor, CostSheet sheet, List<Used> used, Dictionary<Guid, (string Name, Guid TeamId)> tasks)
    {
        var sums = used.ToLookup(sum => (sum.TaskId, sum.Currency));
        List<TaskCost> lines = [];
        foreach (var line in sheet.Lines.GroupBy(line => (line.Task, line.Currency)))
        {
            var (id, currency) = line.Key;
            var isKnown = tasks.TryGetValue(id, out var task);
            if (!actor.IsAdmin && !(isKnown && actor.MayActFor(task.TeamId)))
                continue;
            var days = Days(line.Select(part => part.Days));
            lines.Add(new TaskCost(
                id == Guid.Empty ? null : id, isKnown ? task.Name : id == Guid.Empty ? "(no task)" : id.ToString(), currency, sums[line.Key].Sum(sum => sum.Requests), sums[line.Key].Sum(sum => sum.PromptTokens),
                sums[line.Key].Sum(sum => sum.CachedTokens), Sum(days), days));
        }

        return [.. lines.OrderBy(line => line.Task, StringComparer.Ordinal).ThenBy(line => line.Currency, StringComparer.Ordinal)];
    }

    private static List<TeamCost> OfTeams(Actor actor, CostSheet sheet, List<Used> used, Dictionary<Guid, string> teams)
    {
        var sums = used.ToLookup(sum => (sum.TeamId, sum.Currency));
        List<TeamCost> lines = [];
        foreach (var line in sheet.Lines.GroupBy(line => (line.Team, line.Currency)))
        {
            var (id, currency) = line.Key;
            if (!actor.IsAdmin && !actor.MayActFor(id))
                continue;
            var days = Days(line.Select(part => part.Days));
            lines.Add(new TeamCost(
                id == Guid.Empty ? null : id, teams.GetValueOrDefault(id) ?? (id == Guid.Empty ? "(no team)" : id.ToString()), currency,
                sums[line.Key].Sum(sum => sum.Requests), Sum(days), days));
        }

        return [.. lines.OrderBy(line => line.Team, StringComparer.Ordinal).ThenBy(line => line.Currency, StringComparer.Ordinal)];
    }

    private static List<DayCost> Days(IEnumerable<IReadOnlyDictionary<DateOnly, CostParts>> parts) =>
        [.. parts.SelectMany(days => days).GroupBy(day => day.Key, day => day.Value).OrderBy(day => day.Key).Select(day => new DayCost(day.Key, day.Aggregate(CostParts.None, (all, part) => all + part)))];

    private static CostParts Sum(List<DayCost> days) => days.Aggregate(CostParts.None, (all, day) => all + day.Parts);
}
