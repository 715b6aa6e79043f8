using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Audit;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Revisions;
using Platform.Domain.Datasets.Rows;
using Platform.Domain.Persistence;
using Platform.Domain.Persistence.RowIndexes;
using Platform.Domain.Results;
using Platform.Domain.Usage;
using Platform.Domain.Users;

namespace Platform.Domain.Tasks.Labels;

/// <summary>Renames, merges, splits and retires a task's labels: shows first what that touches, then changes the rows and keeps the old names working for callers.</summary>
public sealed class LabelLifeCycle(IDbContextFactory<PlatformDbContext> contexts, ArtifactStore store, TimeProvider clock)
{
    /// <summary>Whoever called a task within this time is one of its callers.</summary>
    public static readonly TimeSpan Lately = TimeSpan.FromDays(30);

    /// <summary>A task's label sets, the first one first. A task whose labels never changed has none written down.</summary>
    public async Task<IReadOnlyList<LabelSet>> ListAsync(Actor actor, Guid taskId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Tasks.VisibleTo(actor).AnyAsync(task => task.Id == taskId, cancellationToken)
            ? await context.LabelSets.AsNoTracking().Where(set => set.TaskId == taskId).OrderBy(set => set.Number).ToListAsync(cancellationToken)
            : [];
    }

    /// <summary>What the change would touch; nothing is changed.</summary>
    public async Task<Result<LabelPreview>> PreviewAsync(Actor actor, Guid taskId, LabelPlan plan, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var task = await context.Tasks.AsNoTracking().SingleOrDefaultAsync(found => found.Id == taskId, cancellationToken);
        if (task is null || !actor.MaySee(task))
            return TaskErrors.Unknown(taskId.ToString());
        var errors = Problems(task, plan);
        if (errors.Count > 0)
            return Result.Failure<LabelPreview>(errors);
        var data = await NewestAsync(context, taskId, cancellationToken);
        return new LabelPreview(
            plan.Apply(task.Labels), plan.MetricAfter(task.Metric), data,
            data is null ? [] : await CountAsync(data, plan.Moves, cancellationToken), await CallersAsync(context, taskId, cancellationToken));
    }

    /// <param name="keepOldNames">Whoever called the task lately goes on getting the names that they know.</param>
    public async Task<Result<LabelSet>> ApplyAsync(Actor actor, Guid taskId, LabelPlan plan, string reason, bool keepOldNames, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var task = await context.Tasks.SingleOrDefaultAsync(found => found.Id == taskId, cancellationToken);
        if (task is null || !actor.MayChange(task))
            return TaskErrors.Unknown(taskId.ToString());
        var errors = Problems(task, plan);
        if (string.IsNullOrWhiteSpace(reason))
            errors.Add(Error.Invalid("reason_missing", "Say why the labels change; the audit log shows it.", "reason"));
        var data = await NewestAsync(context, taskId, cancellationToken);
        if (data is not null && data.RowIndexPath is null && !File.Exists(RowIndexFile.PlaceOf(store, data.Id)))
            errors.Add(DatasetErrors.NotIndexed(data.Number));
        if (errors.Count > 0)
            return Result.Failure<LabelSet>(errors);

        var now = clock.GetUtcNow();
        var before = new { task.Labels, task.Metric };
        var current = await LabelHistory.CurrentAsync(context, task, cancellationToken);
        (task.Labels, task.Metric) = (plan.Apply(task.Labels), plan.MetricAfter(task.Metric));
        var next = LabelHistory.Add(context, task, current, plan.Change, actor, reason.Trim(), now);
        if (data is not null)
            QueueRevision(context, actor, data, plan, now);
        if (keepOldNames)
            await PinAsync(context, taskId, current.Number, now, cancellationToken);
        AuditTrail.Add(context, now, actor, "task.labels_changed", nameof(TaskDefinition), task.Id, before, new { task.Labels, task.Metric, plan.Kind, plan.From, plan.To, LabelSet = next.Number, KeepOldNames = keepOldNames }, reason.Trim());
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return next;
    }

    /// <summary>Applications that still get the names of an earlier set, with its number.</summary>
    public async Task<IReadOnlyList<(Guid KeyId, string Name, int Number, DateTimeOffset Since)>> ListPinsAsync(Actor actor, Guid taskId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await context.Tasks.VisibleTo(actor).AnyAsync(task => task.Id == taskId, cancellationToken))
            return [];
        var pins = await context.LabelPins.AsNoTracking().Where(pin => pin.TaskId == taskId)
            .Join(context.ApiKeys, pin => pin.KeyId, key => key.Id, (pin, key) => new { pin.KeyId, key.Name, pin.Number, pin.PinnedAt }).OrderBy(pin => pin.Name).ToListAsync(cancellationToken);
        return [.. pins.Select(pin => (pin.KeyId, pin.Name, pin.Number, pin.PinnedAt))];
    }

    /// <summary>The application knows the new names: from now on it gets them.</summary>
    public async Task<Result> UnpinAsync(Actor actor, Guid taskId, Guid keyId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var task = await context.Tasks.SingleOrDefaultAsync(found => found.Id == taskId, cancellationToken);
        if (task is null || !actor.MayChange(task))
            return TaskErrors.Unknown(taskId.ToString());
        if (await context.LabelPins.SingleOrDefaultAsync(pin => pin.TaskId == taskId && pin.KeyId == keyId, cancellationToken) is not { } found)
            return Result.Success();
        context.LabelPins.Remove(found);
        AuditTrail.Add(context, clock.GetUtcNow(), actor, "task.labels_unpinned", nameof(TaskDefinition), taskId, before: new { found.KeyId, found.Number });
        await context.SaveChangesAsync(cancellationToken);
        return Result.Success();
    }

    private static List<Error> Problems(TaskDefinition task, LabelPlan plan)
    {
        var errors = task.Kind.AnswersWithLabel() ? plan.Problems(task) : [Error.Invalid("labels_unfit", $"A task of kind {task.Kind.ToWire()} does not answer with one of its labels; change them in the task's form.")];
        if (errors.Count == 0)
            errors.AddRange(TaskRules.Validate(new TaskDraft
            {
                Name = task.Name,
                Kind = task.Kind.ToWire(),
                Instruction = task.Instruction,
                Labels = plan.Apply(task.Labels),
                Metric = plan.MetricAfter(task.Metric),
                Tolerance = task.Tolerance,
                MaxOutputTokens = task.MaxOutputTokens,
                AbstainBelow = task.AbstainBelow,
            }));
        return errors;
    }

    private static Task<DatasetVersion?> NewestAsync(PlatformDbContext context, Guid taskId, CancellationToken cancellationToken) =>
        context.DatasetVersions.AsNoTracking().Where(version => version.TaskId == taskId).OrderByDescending(version => version.Number).FirstOrDefaultAsync(cancellationToken);

    private async Task<List<LabelMoveCount>?> CountAsync(DatasetVersion version, IReadOnlyList<LabelMove> moves, CancellationToken cancellationToken)
    {
        var file = await RowIndexFile.OpenAsync(store, version, cancellationToken);
        if (file.IsFailure)
            return null;
        using var held = file.Value;
        await using var index = await RowIndexReader.OpenAsync(held.Path, version, cancellationToken);
        if (index is null)
            return null;
        List<LabelMoveCount> counts = [];
        foreach (var group in moves.GroupBy(move => move.From))
        {
            var left = await index.CountBySplitAsync(new RowFilter(Label: group.Key), cancellationToken);
            foreach (var move in group)
            {
                var rows = move.Words is null ? new Dictionary<Split, long>(left) : await index.CountBySplitAsync(new RowFilter(Label: move.From, Words: move.Words), cancellationToken);
                foreach (var split in Splits.All)
                    left[split] = Math.Max(0, left[split] - rows[split]);
                counts.Add(new LabelMoveCount(move.From, move.To, move.Words, rows[Split.Train], rows[Split.Validation], rows[Split.Test]));
            }
        }

        return counts;
    }

    private async Task<List<LabelCaller>> CallersAsync(PlatformDbContext context, Guid taskId, CancellationToken cancellationToken)
    {
        var since = UnixTime.ToMicroseconds(clock.GetUtcNow() - Lately);
        var calls = await context.UsageRecords.Where(record => record.TaskId == taskId && record.AtMicroseconds >= since && record.Status != UsageStatus.Shadow)
            .GroupBy(record => record.KeyId).Select(group => new { KeyId = group.Key, Requests = group.LongCount(), LastAt = group.Max(record => record.AtMicroseconds) }).ToListAsync(cancellationToken);
        var keys = await context.ApiKeys.AsNoTracking().Include(key => key.Team).Where(key => calls.Select(call => call.KeyId).Contains(key.Id) && key.RevokedAt == null).ToDictionaryAsync(key => key.Id, cancellationToken);
        return [.. calls.Where(call => keys.ContainsKey(call.KeyId)).OrderByDescending(call => call.Requests)
            .Select(call => new LabelCaller(call.KeyId, keys[call.KeyId].Name, keys[call.KeyId].Team!.Name, call.Requests, UnixTime.FromMicroseconds(call.LastAt)))];
    }

    private static void QueueRevision(PlatformDbContext context, Actor actor, DatasetVersion data, LabelPlan plan, DateTimeOffset now)
    {
        var revision = new DatasetRevision { TaskId = data.TaskId, BaseVersionId = data.Id, Labels = plan.Moves, CreatedById = actor.UserId, CreatedByName = actor.Name, CreatedAt = now };
        revision.Queue();
        context.DatasetRevisions.Add(revision);
    }

    /// <summary>Who is pinned to an older set already stays there.</summary>
    private async Task PinAsync(PlatformDbContext context, Guid taskId, int number, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var pinned = await context.LabelPins.Where(pin => pin.TaskId == taskId).Select(pin => pin.KeyId).ToListAsync(cancellationToken);
        foreach (var caller in await CallersAsync(context, taskId, cancellationToken))
            if (!pinned.Contains(caller.KeyId))
                context.LabelPins.Add(new LabelPin { KeyId = caller.KeyId, TaskId = taskId, Number = number, PinnedAt = now });
    }
}
