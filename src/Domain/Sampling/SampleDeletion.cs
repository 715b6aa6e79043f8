using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Sampling;

/// <summary>Deletes samples: those whose time is over, those that are too many, and all of a task.</summary>
public sealed class SampleDeletion(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>Rows of one statement: a long one would hold the database against those who write down what was answered.</summary>
    private const int Portion = 500;

    /// <summary>Deletes what has expired, and the oldest of tasks that have too many.</summary>
    /// <returns>How many.</returns>
    public async Task<int> DeleteExpiredAsync(int mostOfATask, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var deleted = 0;
        foreach (var rule in await context.SamplingRules.AsNoTracking().ToListAsync(cancellationToken))
        {
            var oldest = rule.OldestKept(now);
            deleted += await DeleteAsync(context, context.RequestSamples.Where(sample => sample.TaskId == rule.TaskId && sample.SampledAt < oldest), cancellationToken);
            while (await context.RequestSamples.CountAsync(sample => sample.TaskId == rule.TaskId, cancellationToken) - mostOfATask is > 0 and var tooMany)
            {
                var first = context.RequestSamples.Where(sample => sample.TaskId == rule.TaskId).OrderBy(sample => sample.SampledAt).ThenBy(sample => sample.Id);
                deleted += await DeletePortionAsync(context, first.Take(Math.Min(tooMany, Portion)), cancellationToken);
            }
        }

        return deleted;
    }

    internal static async Task<int> DeleteAllAsync(PlatformDbContext context, Actor actor, Guid taskId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var deleted = await context.RequestSamples.Where(sample => sample.TaskId == taskId).ExecuteDeleteAsync(cancellationToken);
        AuditTrail.Add(context, now, actor, "task.samples_deleted", nameof(TaskDefinition), taskId, after: new { Deleted = deleted });
        return deleted;
    }

    private static async Task<int> DeleteAsync(PlatformDbContext context, IQueryable<RequestSample> samples, CancellationToken cancellationToken)
    {
        var deleted = 0;
        while (await DeletePortionAsync(context, samples.OrderBy(sample => sample.SampledAt).Take(Portion), cancellationToken) is > 0 and var portion)
            deleted += portion;
        return deleted;
    }

    private static async Task<int> DeletePortionAsync(PlatformDbContext context, IQueryable<RequestSample> samples, CancellationToken cancellationToken)
    {
        var ids = await samples.Select(sample => sample.Id).ToListAsync(cancellationToken);
        return ids.Count == 0 ? 0 : await context.RequestSamples.Where(sample => ids.Contains(sample.Id)).ExecuteDeleteAsync(cancellationToken);
    }
}
