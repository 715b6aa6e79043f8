using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Runs.Filtering;

/// <summary>
/// Teams contest what was decided on their tasks, admins accept or decline. Accepted before a stage has begun, it overrides the decision in
/// this run; later, in the next run that the task takes part in.
/// </summary>
public sealed class FilterContests(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    private const int MostWaiting = 100;

    /// <summary>By a member of the owning team; admins override instead.</summary>
    public async Task<Result<FilterContest>> ContestAsync(Actor actor, Guid runId, Guid taskId, string reason, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var run = await context.Runs.Include(found => found.Tasks).ThenInclude(found => found.Task).SingleOrDefaultAsync(found => found.Id == runId, cancellationToken);
        if (run is null)
            return RunErrors.Unknown(runId);
        if (run.Tasks.SingleOrDefault(found => found.TaskId == taskId) is not { } task || !actor.MaySee(task.Task!))
            return FilterErrors.NotInRun(run);
        if (!actor.TeamIds.Contains(task.Task!.TeamId))
            return ContestErrors.NotYours(task.Task.Name);
        if (task.Decision == TaskDecision.Pending)
            return ContestErrors.NothingDecided(task.Task.Name);
        if (string.IsNullOrWhiteSpace(reason))
            return ContestErrors.NoReason();
        if (await context.FilterContests.AnyAsync(found => found.RunId == runId && found.TaskId == taskId && found.Status == ContestStatus.Open, cancellationToken))
            return ContestErrors.Open(task.Task.Name);

        var contest = new FilterContest
        {
            RunId = runId,
            TaskId = taskId,
            Found = task.Decision,
            Wanted = task.Decision == TaskDecision.Kept ? TaskDecision.Isolated : TaskDecision.Kept,
            Reason = reason.Trim(),
            ContestedById = actor.UserId,
            ContestedByName = actor.Name,
            ContestedAt = clock.GetUtcNow(),
        };
        context.FilterContests.Add(contest);
        AuditTrail.Add(
            context, contest.ContestedAt, actor, "run.decision_contested", nameof(FineTuningRun), runId,
            after: new { run.Number, Task = task.Task.Name, contest.Found, contest.Wanted }, reason: contest.Reason);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return contest;
    }

    /// <summary>By an admin who did not contest it. The reason is shown to the team.</summary>
    public async Task<Result<FilterContest>> DecideAsync(Actor actor, Guid contestId, bool accept, string reason, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("decide on a contest") is { } refusal)
            return refusal;
        if (string.IsNullOrWhiteSpace(reason))
            return ContestErrors.NoReason();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var contest = await context.FilterContests.SingleOrDefaultAsync(found => found.Id == contestId, cancellationToken);
        if (contest is null)
            return ContestErrors.Unknown(contestId);
        if (contest.Status != ContestStatus.Open)
            return ContestErrors.Decided(contest);
        if (actor.IsSameAs(contest.ContestedById, contest.ContestedByName))
            return ContestErrors.YourOwn();

        var run = await context.Runs.AsSplitQuery().Include(found => found.Steps).Include(found => found.Tasks).ThenInclude(found => found.Task)
            .SingleAsync(found => found.Id == contest.RunId, cancellationToken);
        var task = run.Tasks.Single(found => found.TaskId == contest.TaskId);
        var now = clock.GetUtcNow();
        contest.Decide(accept, actor, reason.Trim(), now);
        if (accept && FilterOverrides.IsOpen(run))
        {
            if (contest.Wanted == TaskDecision.Isolated && run.Tasks.All(other => other == task || other.Decision == TaskDecision.Isolated))
                return FilterErrors.NobodyLeft(task.Task!.Name);
            var before = new { Task = task.Task!.Name, task.Decision, task.Reason, task.DecidedByName };
            task.Override(contest.Wanted, $"{contest.Reason} (contested by {contest.ContestedByName})", actor.Name);
            contest.Apply(run.Id);
            context.RunEvents.Add(new RunEvent { RunId = run.Id, At = now, Severity = RunEventSeverity.Note, Message = $"{task.Task.Name}: {task.Reason}" });
            AuditTrail.Add(
                context, now, actor, "run.task_overridden", nameof(FineTuningRun), run.Id, before,
                new { Task = task.Task.Name, task.Decision, task.Reason, task.DecidedByName }, reason.Trim());
        }

        AuditTrail.Add(
            context, now, actor, accept ? "run.contest_accepted" : "run.contest_declined", nameof(FineTuningRun), run.Id,
            after: new { run.Number, Task = task.Task!.Name, contest.Wanted, contest.ContestedByName, InThisRun = contest.AppliedRunId is not null }, reason: reason.Trim());
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return contest;
    }

    /// <summary>Of a run, newest first; members see those of their teams' tasks.</summary>
    public async Task<IReadOnlyList<FilterContest>> ListAsync(Actor actor, Guid runId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Visible(context, actor).Where(contest => contest.RunId == runId).OrderByDescending(contest => contest.Id).ToListAsync(cancellationToken);
    }

    /// <summary>What waits for this admin, oldest first; nothing for members.</summary>
    public async Task<IReadOnlyList<FilterContest>> WaitingForAsync(Actor actor, CancellationToken cancellationToken)
    {
        if (!actor.IsAdmin)
            return [];
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var open = await Visible(context, actor).Where(contest => contest.Status == ContestStatus.Open).OrderBy(contest => contest.Id).Take(MostWaiting).ToListAsync(cancellationToken);
        return [.. open.Where(contest => !actor.IsSameAs(contest.ContestedById, contest.ContestedByName))];
    }

    /// <summary>Accepted ones that the next run with the task takes up; by the tasks' names.</summary>
    public async Task<IReadOnlyList<FilterContest>> StandingAsync(Actor actor, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Visible(context, actor).Where(contest => contest.Status == ContestStatus.Accepted && contest.AppliedRunId == null)
            .OrderBy(contest => contest.Task!.Name).ThenBy(contest => contest.Id).ToListAsync(cancellationToken);
    }

    /// <summary>
    /// Writes standing contests into a new run's recipe as overrides, the newest of each task. A decision that the recipe names already goes
    /// before it: whoever planned the run knew about the task.
    /// </summary>
    internal static async Task<Recipe> TakeUpAsync(PlatformDbContext context, Recipe recipe, Guid runId, IReadOnlyDictionary<Guid, string> tasks, CancellationToken cancellationToken)
    {
        var ids = tasks.Keys.ToList();
        var standing = await context.FilterContests.Where(contest => contest.Status == ContestStatus.Accepted && contest.AppliedRunId == null && ids.Contains(contest.TaskId))
            .OrderBy(contest => contest.Id).ToListAsync(cancellationToken);
        var overrides = recipe.Filter.Overrides.ToDictionary();
        foreach (var group in standing.GroupBy(contest => tasks[contest.TaskId]))
        {
            var newest = group.Last();
            overrides.TryAdd(group.Key, new FilterOverride
            {
                Decision = newest.Wanted == TaskDecision.Kept ? OverrideDecision.Kept : OverrideDecision.Isolated,
                Reason = $"Contested by {newest.ContestedByName}, accepted by {newest.DecidedByName}: {newest.Reason}",
            });
            foreach (var contest in group)
                contest.Apply(runId);
        }

        return standing.Count == 0 ? recipe : recipe with { Filter = recipe.Filter with { Overrides = overrides } };
    }

    private static IQueryable<FilterContest> Visible(PlatformDbContext context, Actor actor)
    {
        var contests = context.FilterContests.AsNoTracking().Include(contest => contest.Task).Include(contest => contest.Run);
        if (actor.IsAdmin)
            return contests;
        var teams = actor.TeamIds.ToList();
        return contests.Where(contest => teams.Contains(contest.Task!.TeamId));
    }
}

public static class ContestErrors
{
    public static Error Unknown(Guid contest) => Error.NotFound("contest_unknown", $"There is no contest {contest}.", "contest");

    public static Error NotYours(string task) => Error.Forbidden(
        "contest_not_yours", $"Only a member of the team that owns '{task}' may contest what was decided on it. An admin overrides the decision instead.");

    public static Error NothingDecided(string task) => Error.Conflict("contest_nothing_decided", $"Nothing is decided on '{task}' yet; wait until the run's stage 1 is done.", "task");

    public static Error NoReason() => Error.Invalid("contest_without_reason", "Say why: the other side reads it, and the audit log keeps it.", "reason");

    public static Error Open(string task) => Error.Conflict("contest_open", $"The decision on '{task}' is contested already and waits for an admin.", "task");

    public static Error Decided(FilterContest contest) => Error.Conflict("contest_decided", $"{contest.DecidedByName} has decided on this contest already ({contest.Status}). Reload the page.");

    public static Error YourOwn() => Error.Forbidden("contest_your_own", "Nobody decides on a contest of their own. Ask another admin.");
}
