using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Users;

namespace Platform.Domain.Deployments;

/// <param name="Task">Name of a task that the model version knows.</param>
public sealed record DeploymentFilter(DeploymentStatus? Status = null, string? Task = null, int Skip = 0, int Take = 50);

/// <param name="Total">How many match, on all pages.</param>
public sealed record DeploymentPage(IReadOnlyList<Deployment> Deployments, int Total);

/// <summary>All deployments there ever were, page by page.</summary>
public sealed class DeploymentHistory(IDbContextFactory<PlatformDbContext> contexts)
{
    /// <summary>Newest first, with the model version. A filter by a task that the actor may not see finds nothing.</summary>
    public async Task<DeploymentPage> ListAsync(Actor actor, DeploymentFilter filter, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = context.Deployments.AsNoTracking();
        if (filter.Status is { } status)
            found = found.Where(deployment => deployment.Status == status);
        if (filter.Task is { } task)
        {
            var teams = actor.TeamIds.ToList();
            var isAdmin = actor.IsAdmin;
            found = found.Where(deployment => deployment.ModelVersion!.Evaluations.Any(
                evaluation => evaluation.Task!.Name == task && (isAdmin || teams.Contains(evaluation.Task.TeamId))));
        }

        var page = await found.Include(deployment => deployment.ModelVersion).OrderByDescending(deployment => deployment.Number)
            .Skip(filter.Skip).Take(filter.Take).ToListAsync(cancellationToken);
        return new DeploymentPage(page, await found.CountAsync(cancellationToken));
    }

    /// <summary>What is live and what is on trial beside it, with the model version and its evaluations.</summary>
    public async Task<IReadOnlyList<Deployment>> ListServingAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Deployments.AsNoTracking().Include(deployment => deployment.ModelVersion!).ThenInclude(version => version.Evaluations)
            .Where(deployment => deployment.Status == DeploymentStatus.Live || deployment.Status == DeploymentStatus.Trial)
            .OrderByDescending(deployment => deployment.Number).ToListAsync(cancellationToken);
    }
}
