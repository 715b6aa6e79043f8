using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Datasets.Revisions;

/// <summary>Collects changes to the rows of a version, kept in the database so that a closed browser loses none, and turns them into a new version.</summary>
public sealed class DatasetRevisions(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>The newest revision of a version that was not discarded, or null.</summary>
    public async Task<DatasetRevision?> NewestAsync(Actor actor, Guid versionId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var revision = await context.DatasetRevisions.AsNoTracking().Include(found => found.Task).Include(found => found.ResultVersion)
            .Where(found => found.BaseVersionId == versionId && found.Status != RevisionStatus.Discarded)
            .OrderByDescending(found => found.CreatedAt).FirstOrDefaultAsync(cancellationToken);
        return revision is null || !actor.MaySee(revision.Task!) ? null : revision;
    }

    /// <summary>Leaves out or edits one row; a change of nothing takes an earlier one back.</summary>
    public Task<Result<DatasetRevision>> ChangeRowAsync(Actor actor, Guid versionId, RowChange change, CancellationToken cancellationToken) =>
        ChangeAsync(actor, versionId, (version, revision) =>
        {
            if (change.Line < 1 || change.Line > version.RowsIn(change.Split))
                return RevisionErrors.NoSuchRow(change.Split, change.Line);
            revision.Change(change);
            return revision.Rows.Count > DatasetRevision.MostRowChanges ? RevisionErrors.TooMany() : null;
        }, cancellationToken);

    /// <summary>Leaves out every row that has a finding, or takes that back.</summary>
    public Task<Result<DatasetRevision>> ExcludeProblemAsync(Actor actor, Guid versionId, string code, bool isExcluded, CancellationToken cancellationToken) =>
        ChangeAsync(actor, versionId, (_, revision) =>
        {
            revision.ExcludeProblem(code, isExcluded);
            return null;
        }, cancellationToken);

    public Task<Result<DatasetRevision>> DiscardAsync(Actor actor, Guid versionId, CancellationToken cancellationToken) =>
        ChangeAsync(actor, versionId, (_, revision) =>
        {
            revision.Discard(clock.GetUtcNow());
            return null;
        }, cancellationToken);

    /// <summary>A jobs host writes the new version.</summary>
    public Task<Result<DatasetRevision>> SaveAsync(Actor actor, Guid versionId, CancellationToken cancellationToken) =>
        ChangeAsync(actor, versionId, (_, revision) =>
        {
            if (revision.IsEmpty)
                return RevisionErrors.Empty();
            revision.Queue();
            return null;
        }, cancellationToken);

    private async Task<Result<DatasetRevision>> ChangeAsync(Actor actor, Guid versionId, Func<DatasetVersion, DatasetRevision, Error?> change, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var version = await context.DatasetVersions.Include(found => found.Task).SingleOrDefaultAsync(found => found.Id == versionId, cancellationToken);
        if (version is null || !actor.MayChange(version.Task!))
            return DatasetErrors.UnknownVersion(versionId);
        var open = await context.DatasetRevisions.FirstOrDefaultAsync(
            found => found.BaseVersionId == versionId && (found.Status == RevisionStatus.Draft || found.Status == RevisionStatus.Queued || found.Status == RevisionStatus.Writing), cancellationToken);
        if (open is { Status: not RevisionStatus.Draft })
            return RevisionErrors.UnderWay();
        if (open is null)
        {
            open = new DatasetRevision { TaskId = version.TaskId, BaseVersionId = versionId, CreatedById = actor.UserId, CreatedByName = actor.Name, CreatedAt = clock.GetUtcNow() };
            context.DatasetRevisions.Add(open);
        }

        if (change(version, open) is { } error)
            return error;
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return open;
    }
}
