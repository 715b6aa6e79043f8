using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Datasets;

/// <summary>Dataset versions as pages and terminals show them.</summary>
public sealed class DatasetQueries(IDbContextFactory<PlatformDbContext> contexts, ArtifactStore store)
{
    /// <summary>A task's versions, newest first, findings included.</summary>
    public async Task<IReadOnlyList<DatasetVersion>> ListAsync(Actor actor, Guid taskId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await context.Tasks.VisibleTo(actor).AnyAsync(task => task.Id == taskId, cancellationToken))
            return [];
        return await context.DatasetVersions.AsNoTracking().Where(version => version.TaskId == taskId)
            .OrderByDescending(version => version.Number).ToListAsync(cancellationToken);
    }

    /// <summary>One version, findings included; null when there is none that the actor may see.</summary>
    public async Task<DatasetVersion?> FindAsync(Actor actor, Guid taskId, int number, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var tasks = context.Tasks.VisibleTo(actor);
        return await context.DatasetVersions.AsNoTracking()
            .SingleOrDefaultAsync(version => version.TaskId == taskId && version.Number == number && tasks.Any(task => task.Id == version.TaskId), cancellationToken);
    }

    /// <summary>The newest version of each task, by task id.</summary>
    public async Task<IReadOnlyDictionary<Guid, DatasetVersion>> NewestByTaskAsync(Actor actor, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var tasks = context.Tasks.VisibleTo(actor);
        return await context.DatasetVersions.AsNoTracking()
            .Where(version => tasks.Any(task => task.Id == version.TaskId))
            .Where(version => !context.DatasetVersions.Any(newer => newer.TaskId == version.TaskId && newer.Number > version.Number))
            .ToDictionaryAsync(version => version.TaskId, cancellationToken);
    }

    /// <summary>A version's first rows, for a look at the data.</summary>
    public async Task<Result<IReadOnlyList<DatasetRow>>> PreviewAsync(Actor actor, Guid versionId, Split split, int rows, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var version = await context.DatasetVersions.AsNoTracking().Include(found => found.Task).SingleOrDefaultAsync(found => found.Id == versionId, cancellationToken);
        if (version is null || !actor.MaySee(version.Task!))
            return DatasetErrors.UnknownVersion(versionId);
        var opened = await store.OpenAsync(version.ArtifactPath, cancellationToken);
        if (opened.IsFailure)
            return Result.Failure<IReadOnlyList<DatasetRow>>(opened.Errors);
        using var files = opened.Value;
        return await DatasetRow.ReadAsync(files.Path, split, cancellationToken).Take(rows).ToListAsync(cancellationToken);
    }
}
