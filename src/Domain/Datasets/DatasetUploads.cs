using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Setup;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Datasets;

/// <param name="IsNew">False when the task has a version with exactly this content already; then nothing was added.</param>
public sealed record StoredDataset(DatasetVersion Version, bool IsNew);

/// <summary>Takes data in. First <see cref="Stage"/> and add the three files to it, then <see cref="StoreAsync"/>.</summary>
public sealed class DatasetUploads(
    IDbContextFactory<PlatformDbContext> contexts, ArtifactStore store, IOptions<PlatformOptions> options, TimeProvider clock)
{
    /// <summary>Dispose it, whether it was stored or not.</summary>
    public DatasetStaging Stage() => new(store, options);

    public async Task<Result<StoredDataset>> StoreAsync(Actor actor, Guid taskId, DatasetStaging staging, CancellationToken cancellationToken)
    {
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            var task = await context.Tasks.AsNoTracking().SingleOrDefaultAsync(found => found.Id == taskId, cancellationToken);
            if (task is null || !actor.MaySee(task))
                return TaskErrors.Unknown(taskId.ToString());
        }

        var artifact = await staging.CommitAsync(cancellationToken);
        return artifact.IsSuccess
            ? await AddVersionAsync(actor, taskId, staging, artifact.Value, cancellationToken)
            : Result.Failure<StoredDataset>(artifact.Errors);
    }

    private async Task<Result<StoredDataset>> AddVersionAsync(Actor actor, Guid taskId, DatasetStaging staging, StoredArtifact artifact, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var versions = context.DatasetVersions.Where(version => version.TaskId == taskId);
        if (await versions.SingleOrDefaultAsync(version => version.Sha256 == artifact.Sha256, cancellationToken) is { } same)
        {
            // Whoever uploads rejected data again wants to know whether it passes by now.
            if (same.Status == DatasetStatus.Rejected)
                same.CheckAgain();
            await context.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return new StoredDataset(same, IsNew: false);
        }

        var now = clock.GetUtcNow();
        var added = new DatasetVersion
        {
            TaskId = taskId,
            Number = await versions.NextAsync(version => version.Number, cancellationToken),
            Sha256 = artifact.Sha256,
            TrainRows = staging.RowsIn(Split.Train),
            ValidationRows = staging.RowsIn(Split.Validation),
            TestRows = staging.RowsIn(Split.Test),
            SizeBytes = artifact.SizeBytes,
            ArtifactPath = artifact.Path,
            UploadedById = actor.UserId,
            UploadedByName = actor.Name,
            UploadedAt = now,
        };
        context.DatasetVersions.Add(added);
        AuditTrail.Add(context, now, actor, "dataset.uploaded", nameof(DatasetVersion), added.Id,
            after: new { added.TaskId, added.Number, added.Sha256, added.TrainRows, added.ValidationRows, added.TestRows });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new StoredDataset(added, IsNew: true);
    }
}
