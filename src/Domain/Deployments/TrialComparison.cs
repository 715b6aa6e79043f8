using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Tasks;

namespace Platform.Domain.Deployments;

/// <summary>How a shadow's answers compare with those that callers got, summed over a task's inputs. Texts are not kept.</summary>
public sealed class TrialComparison
{
    public required Guid DeploymentId { get; init; }

    /// <summary>What answered the callers.</summary>
    public required Guid LiveId { get; init; }

    public required Guid TaskId { get; init; }

    public TaskDefinition? Task { get; init; }

    public long Inputs { get; set; }

    /// <summary>Inputs with the same answer from both.</summary>
    public long Same { get; set; }

    /// <summary>Inputs that the shadow could not answer.</summary>
    public long Failed { get; set; }

    /// <summary>Sum of how far the scores of equal answers lie apart.</summary>
    public double ScoreDifference { get; set; }

    public long LiveMicroseconds { get; set; }

    public long ShadowMicroseconds { get; set; }
}

/// <summary>Adds comparisons up in the database and reads them.</summary>
public sealed class TrialComparisons(IDbContextFactory<PlatformDbContext> contexts)
{
    /// <summary>By task, for all deployments that were live during the trial.</summary>
    public async Task<IReadOnlyList<TrialComparison>> ListAsync(Guid deploymentId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.TrialComparisons.AsNoTracking().Include(comparison => comparison.Task)
            .Where(comparison => comparison.DeploymentId == deploymentId).OrderBy(comparison => comparison.Task!.Name).ToListAsync(cancellationToken);
    }

    /// <summary>Several servers may add to the same row.</summary>
    public async Task AddAsync(IReadOnlyList<TrialComparison> added, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        foreach (var more in added)
        {
            var changed = await context.TrialComparisons
                .Where(row => row.DeploymentId == more.DeploymentId && row.LiveId == more.LiveId && row.TaskId == more.TaskId)
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(row => row.Inputs, row => row.Inputs + more.Inputs)
                        .SetProperty(row => row.Same, row => row.Same + more.Same)
                        .SetProperty(row => row.Failed, row => row.Failed + more.Failed)
                        .SetProperty(row => row.ScoreDifference, row => row.ScoreDifference + more.ScoreDifference)
                        .SetProperty(row => row.LiveMicroseconds, row => row.LiveMicroseconds + more.LiveMicroseconds)
                        .SetProperty(row => row.ShadowMicroseconds, row => row.ShadowMicroseconds + more.ShadowMicroseconds),
                    cancellationToken);
            if (changed == 0)
                context.TrialComparisons.Add(more);
        }

        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
