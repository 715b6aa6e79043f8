using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Sampling;

/// <summary>Which tasks' requests are kept for review. Nothing is, until a task's owner says so.</summary>
public sealed class SamplingRules(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    public const int LongestDays = 365;
    public const int DefaultDays = 30;
    public const double DefaultShare = 0.01;

    /// <returns>For a task that was never sampled, a rule that is off.</returns>
    public async Task<Result<SamplingRule>> FindAsync(Actor actor, string task, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.Tasks.AsNoTracking().VisibleTo(actor).SingleOrDefaultAsync(one => one.Name == task, cancellationToken);
        if (found is null)
            return TaskErrors.Unknown(task);
        return await context.SamplingRules.AsNoTracking().SingleOrDefaultAsync(rule => rule.TaskId == found.Id, cancellationToken)
            ?? new SamplingRule { TaskId = found.Id, Share = DefaultShare, KeepDays = DefaultDays };
    }

    /// <summary>Read by every server, again and again.</summary>
    public async Task<IReadOnlyList<SamplingRule>> ListOnAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.SamplingRules.AsNoTracking().Where(rule => rule.IsOn).ToListAsync(cancellationToken);
    }

    /// <summary>Keeps a share of the task's requests from now on, or changes the share or the time. Acts within seconds.</summary>
    public async Task<Result<SamplingRule>> TurnOnAsync(Actor actor, string task, double share, int keepDays, CancellationToken cancellationToken)
    {
        List<Error> errors = [];
        if (share is not (> 0 and <= 1))
            errors.Add(SamplingErrors.ShareOutOfRange(share));
        if (keepDays is < 1 or > LongestDays)
            errors.Add(SamplingErrors.DaysOutOfRange(keepDays));
        if (errors.Count > 0)
            return Result.Failure<SamplingRule>(errors);
        return await ChangeAsync(actor, task, rule => (rule.IsOn, rule.Share, rule.KeepDays) = (true, share, keepDays), deleteToo: false, cancellationToken);
    }

    /// <summary>Keeps nothing more. What is there expires, unless it is deleted at once.</summary>
    public Task<Result<SamplingRule>> TurnOffAsync(Actor actor, string task, bool deleteToo, CancellationToken cancellationToken) =>
        ChangeAsync(actor, task, rule => rule.IsOn = false, deleteToo, cancellationToken);

    private async Task<Result<SamplingRule>> ChangeAsync(Actor actor, string name, Action<SamplingRule> change, bool deleteToo, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var task = await context.Tasks.AsNoTracking().VisibleTo(actor).SingleOrDefaultAsync(found => found.Name == name, cancellationToken);
        if (task is null || !actor.MayChange(task))
            return TaskErrors.Unknown(name);
        var rule = await context.SamplingRules.SingleOrDefaultAsync(found => found.TaskId == task.Id, cancellationToken);
        if (rule is null)
            context.SamplingRules.Add(rule = new SamplingRule { TaskId = task.Id, Share = DefaultShare, KeepDays = DefaultDays });
        var before = Snapshot(rule);
        change(rule);
        var now = clock.GetUtcNow();
        if (!Equals(before, Snapshot(rule)))
        {
            rule.ChangedAt = now;
            AuditTrail.Add(context, now, actor, "task.sampling_changed", nameof(TaskDefinition), task.Id, before, Snapshot(rule));
        }

        if (deleteToo)
            await SampleDeletion.DeleteAllAsync(context, actor, task.Id, now, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return rule;
    }

    private static SamplingState Snapshot(SamplingRule rule) => new(rule.IsOn, rule.Share, rule.KeepDays);

    private sealed record SamplingState(bool IsOn, double Share, int KeepDays);
}
