using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Sampling;

/// <summary>The kept samples: written by servers, seen, deleted and taken away by the task's owners and admins, and by nobody else.</summary>
public sealed class RequestSamples(IDbContextFactory<PlatformDbContext> contexts, SampleProtection protection, TimeProvider clock)
{
    private const int ExportPage = 500;

    /// <summary>Stores samples of tasks that are still sampled: one that was switched off a moment ago gets none.</summary>
    /// <returns>How many were stored.</returns>
    public async Task<int> AddAsync(IReadOnlyList<SampleDraft> drafts, CancellationToken cancellationToken)
    {
        // Encrypted before the transaction: others wait for it.
        List<RequestSample> samples = [.. drafts.Select(draft => new RequestSample
        {
            TaskId = draft.TaskId,
            RequestId = draft.RequestId,
            InputIndex = draft.InputIndex,
            SampledAt = draft.At,
            ModelVersion = draft.ModelVersion,
            Score = draft.Score,
            Abstained = draft.Abstained,
            Content = protection.Protect(draft.TaskId, draft.Content),
        })];
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var on = (await context.SamplingRules.Where(rule => rule.IsOn).Select(rule => rule.TaskId).ToListAsync(cancellationToken)).ToHashSet();
        samples.RemoveAll(sample => !on.Contains(sample.TaskId));
        context.RequestSamples.AddRange(samples);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return samples.Count;
    }

    /// <summary>A page of a task's samples; expired ones are not among them, also where they are not deleted yet.</summary>
    public async Task<Result<SamplePage>> ListAsync(Actor actor, string task, SampleOrder order, int skip, int take, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await FindAsync(context, actor, task, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<SamplePage>(found.Errors);
        var samples = await KeptAsync(context, found.Value.Id, cancellationToken);
        var total = await samples.CountAsync(cancellationToken);
        var ordered = order == SampleOrder.LeastCertain
            ? samples.OrderBy(sample => sample.Score).ThenByDescending(sample => sample.SampledAt).ThenByDescending(sample => sample.Id)
            : samples.OrderByDescending(sample => sample.SampledAt).ThenByDescending(sample => sample.Id);
        var page = await ordered.Skip(skip).Take(take).ToListAsync(cancellationToken);
        return new SamplePage(total, [.. page.Select(View)]);
    }

    public async Task<Result> DeleteAsync(Actor actor, string task, Guid sampleId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var found = await FindAsync(context, actor, task, cancellationToken);
        if (found.IsFailure)
            return Result.Failure(found.Errors);
        if (await context.RequestSamples.Where(sample => sample.TaskId == found.Value.Id && sample.Id == sampleId).ExecuteDeleteAsync(cancellationToken) == 0)
            return SamplingErrors.Unknown(sampleId);
        AuditTrail.Add(context, clock.GetUtcNow(), actor, "task.sample_deleted", nameof(TaskDefinition), found.Value.Id, after: new { Sample = sampleId });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Result.Success();
    }

    /// <returns>How many there were.</returns>
    public async Task<Result<int>> DeleteAllAsync(Actor actor, string task, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var found = await FindAsync(context, actor, task, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<int>(found.Errors);
        var deleted = await SampleDeletion.DeleteAllAsync(context, actor, found.Value.Id, clock.GetUtcNow(), cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return deleted;
    }

    /// <summary>All of a task's samples, oldest first, read as they are asked for. That somebody took them is in the audit log before the first one leaves.</summary>
    public async Task<Result<IAsyncEnumerable<SampleView>>> ExportAsync(Actor actor, string task, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await FindAsync(context, actor, task, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<IAsyncEnumerable<SampleView>>(found.Errors);
        var count = await (await KeptAsync(context, found.Value.Id, cancellationToken)).CountAsync(cancellationToken);
        AuditTrail.Add(context, clock.GetUtcNow(), actor, "task.samples_exported", nameof(TaskDefinition), found.Value.Id, after: new { Samples = count });
        await context.SaveChangesAsync(cancellationToken);
        return Result.Success(ReadAsync(found.Value.Id, CancellationToken.None));
    }

    private async IAsyncEnumerable<SampleView> ReadAsync(Guid taskId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var samples = (await KeptAsync(context, taskId, cancellationToken)).OrderBy(sample => sample.SampledAt).ThenBy(sample => sample.Id);
        for (RequestSample? last = null; ;)
        {
            var after = last;
            IQueryable<RequestSample> rest = after is null
                ? samples
                : samples.Where(sample => sample.SampledAt > after.SampledAt || (sample.SampledAt == after.SampledAt && sample.Id > after.Id));
            var page = await rest.Take(ExportPage).ToListAsync(cancellationToken);
            foreach (var sample in page)
                yield return View(sample);
            if (page.Count < ExportPage)
                yield break;
            last = page[^1];
        }
    }

    private static async Task<Result<TaskDefinition>> FindAsync(PlatformDbContext context, Actor actor, string name, CancellationToken cancellationToken) =>
        await context.Tasks.AsNoTracking().VisibleTo(actor).SingleOrDefaultAsync(task => task.Name == name, cancellationToken) is { } found ? found : TaskErrors.Unknown(name);

    private async Task<IQueryable<RequestSample>> KeptAsync(PlatformDbContext context, Guid taskId, CancellationToken cancellationToken)
    {
        var rule = await context.SamplingRules.AsNoTracking().SingleOrDefaultAsync(found => found.TaskId == taskId, cancellationToken);
        var oldest = rule?.OldestKept(clock.GetUtcNow()) ?? DateTimeOffset.MaxValue;
        return context.RequestSamples.AsNoTracking().Where(sample => sample.TaskId == taskId && sample.SampledAt >= oldest);
    }

    private SampleView View(RequestSample sample) => new(
        sample.Id, sample.RequestId, sample.InputIndex, sample.SampledAt, sample.ModelVersion, sample.Score, sample.Abstained, protection.Unprotect(sample.TaskId, sample.Content));
}

/// <summary>Some of a task's samples.</summary>
/// <param name="Total">How many there are in all.</param>
public sealed record SamplePage(int Total, IReadOnlyList<SampleView> Samples);
