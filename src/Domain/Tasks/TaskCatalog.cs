using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Tasks.Labels;
using Platform.Domain.Teams;
using Platform.Domain.Users;

namespace Platform.Domain.Tasks;

/// <summary>Registers, changes, archives and finds tasks.</summary>
public sealed class TaskCatalog(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>By name; archived tasks only when asked for.</summary>
    public async Task<IReadOnlyList<TaskDefinition>> ListAsync(Actor actor, bool archivedToo, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Tasks.AsNoTracking().VisibleTo(actor).Include(task => task.Team)
            .Where(task => archivedToo || task.ArchivedAt == null)
            .OrderBy(task => task.Name).ToListAsync(cancellationToken);
    }

    /// <summary>Of the tasks whose owner set any; read by every server.</summary>
    public async Task<IReadOnlyList<ServingSettings>> ListServingSettingsAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Tasks.Where(task => task.AbstainBelow != null || task.LatencyClass != LatencyClass.Standard)
            .Select(task => new ServingSettings(task.Id, task.AbstainBelow, task.LatencyClass)).ToListAsync(cancellationToken);
    }

    /// <summary>A task of another team is answered like one that does not exist.</summary>
    public async Task<Result<TaskDefinition>> FindAsync(Actor actor, string name, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var task = await context.Tasks.AsNoTracking().VisibleTo(actor).Include(found => found.Team)
            .SingleOrDefaultAsync(found => found.Name == name, cancellationToken);
        return task is null ? TaskErrors.Unknown(name) : task;
    }

    public async Task<Result<TaskDefinition>> RegisterAsync(Actor actor, Guid teamId, TaskDraft draft, CancellationToken cancellationToken)
    {
        var errors = TaskRules.Validate(draft).ToList();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await context.Teams.AnyAsync(team => team.Id == teamId, cancellationToken))
            errors.Add(TeamErrors.Unknown(teamId.ToString()));
        else if (!actor.MayActFor(teamId))
            errors.Add(TeamErrors.NotYours());
        if (await context.Tasks.AnyAsync(task => task.Name == draft.Name, cancellationToken))
            errors.Add(TaskErrors.NameTaken(draft.Name!));
        if (errors.Count > 0)
            return Result.Failure<TaskDefinition>(errors);

        var now = clock.GetUtcNow();
        var added = new TaskDefinition
        {
            TeamId = teamId,
            Name = draft.Name!,
            Kind = TaskKinds.Parse(draft.Kind)!.Value,
            Instruction = draft.Instruction!.Trim(),
            Labels = [.. draft.Labels],
            Metric = draft.Metric!,
            Tolerance = draft.Tolerance,
            MaxOutputTokens = draft.MaxOutputTokens,
            AbstainBelow = draft.AbstainBelow,
            LatencyClass = LatencyClasses.Parse(draft.LatencyClass) ?? LatencyClass.Standard,
            ExtraJson = draft.ExtraJson,
            CreatedAt = now,
            CreatedById = actor.UserId,
        };
        context.Tasks.Add(added);
        AuditTrail.Add(context, now, actor, "task.registered", nameof(TaskDefinition), added.Id, after: Snapshot(added));
        return await context.TrySaveAsync(cancellationToken) ? added : TaskErrors.NameTaken(added.Name);
    }

    /// <summary>
    /// Changes everything but the name, which applications call, and the team. When the rules for its rows change, the newest
    /// dataset version is checked again.
    /// </summary>
    public async Task<Result<TaskDefinition>> EditAsync(Actor actor, Guid taskId, TaskDraft draft, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var task = await context.Tasks.SingleOrDefaultAsync(found => found.Id == taskId, cancellationToken);
        if (task is null || !actor.MayChange(task))
            return TaskErrors.Unknown(draft.Name ?? taskId.ToString());

        var errors = TaskRules.Validate(draft with { Name = task.Name });
        if (errors.Count > 0)
            return Result.Failure<TaskDefinition>(errors);

        var before = Snapshot(task);
        task.Kind = TaskKinds.Parse(draft.Kind)!.Value;
        task.Instruction = draft.Instruction!.Trim();
        task.Labels = [.. draft.Labels];
        task.Metric = draft.Metric!;
        task.Tolerance = draft.Tolerance;
        task.MaxOutputTokens = draft.MaxOutputTokens;
        task.AbstainBelow = draft.AbstainBelow;
        task.LatencyClass = LatencyClasses.Parse(draft.LatencyClass) ?? task.LatencyClass;
        task.ExtraJson = draft.ExtraJson ?? task.ExtraJson;
        if (!context.ChangeTracker.HasChanges())
            return task;

        await CheckDataAgainAsync(context, task, cancellationToken);
        await KeepLabelSetAsync(context, actor, task, cancellationToken);
        AuditTrail.Add(context, clock.GetUtcNow(), actor, "task.edited", nameof(TaskDefinition), task.Id, before, Snapshot(task));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return task;
    }

    /// <summary>Takes the task out of lists and of new runs; what serves it goes on.</summary>
    public async Task<Result> ArchiveAsync(Actor actor, Guid taskId, string reason, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var task = await context.Tasks.SingleOrDefaultAsync(found => found.Id == taskId, cancellationToken);
        if (task is null || !actor.MaySee(task))
            return TaskErrors.Unknown(taskId.ToString());
        if (task.ArchivedAt is not null)
            return Result.Success();

        task.ArchivedAt = clock.GetUtcNow();
        AuditTrail.Add(context, clock.GetUtcNow(), actor, "task.archived", nameof(TaskDefinition), task.Id, after: new { task.Name, task.ArchivedAt }, reason: reason);
        await context.SaveChangesAsync(cancellationToken);
        return Result.Success();
    }

    /// <summary>Labels that are written anew are a new set, whose names have nothing to do with the earlier ones.</summary>
    private async Task KeepLabelSetAsync(PlatformDbContext context, Actor actor, TaskDefinition task, CancellationToken cancellationToken)
    {
        var labels = context.Entry(task).Property(changed => changed.Labels);
        if (!labels.IsModified)
            return;
        var (before, after) = (labels.OriginalValue, task.Labels);
        task.Labels = before;
        var current = await LabelHistory.CurrentAsync(context, task, cancellationToken);
        task.Labels = after;
        var change = new LabelChange(LabelChangeKind.Edit, [.. before.Except(after, StringComparer.Ordinal)], []);
        LabelHistory.Add(context, task, current, change, actor, null, clock.GetUtcNow());
    }

    /// <summary>Rows that were fine by the old labels may not be by the new ones, and the other way round.</summary>
    private static async Task CheckDataAgainAsync(PlatformDbContext context, TaskDefinition task, CancellationToken cancellationToken)
    {
        var entry = context.Entry(task);
        if (!entry.Property(changed => changed.Kind).IsModified && !entry.Property(changed => changed.Labels).IsModified
            && !entry.Property(changed => changed.Metric).IsModified && !entry.Property(changed => changed.Tolerance).IsModified)
            return;
        var newest = await context.DatasetVersions.Where(version => version.TaskId == task.Id)
            .OrderByDescending(version => version.Number).FirstOrDefaultAsync(cancellationToken);
        newest?.CheckAgain();
    }

    private static object Snapshot(TaskDefinition task) => new
    {
        task.Name,
        Kind = task.Kind.ToWire(),
        task.Instruction,
        task.Labels,
        task.Metric,
        task.Tolerance,
        task.MaxOutputTokens,
        task.AbstainBelow,
        LatencyClass = task.LatencyClass.ToWire(),
    };
}
