using Microsoft.EntityFrameworkCore;
using Platform.Domain.Datasets.Rows;
using Platform.Domain.Persistence;
using Platform.Domain.Results;

namespace Platform.Domain.Artifacts;

/// <param name="Pushed">Artifacts of this host that the store has now.</param>
/// <param name="Damaged">Artifacts of this host that are not what they were, and were not sent: why.</param>
/// <param name="Missing">What the database refers to and the store does not have.</param>
public sealed record PushedArtifacts(int Pushed, IReadOnlyList<string> Damaged, IReadOnlyList<string> Missing);

/// <summary>Brings a host's folder of artifacts into an S3-compatible store. Safe to break off and to repeat: what is there is not sent again.</summary>
public sealed class ArtifactPush(IDbContextFactory<PlatformDbContext> contexts, ArtifactStore store, ArtifactCleanup collection)
{
    /// <param name="onPushed">Hears of each artifact, with how many there are.</param>
    public async Task<Result<PushedArtifacts>> RunAsync(Action<string, int>? onPushed, CancellationToken cancellationToken)
    {
        if (!store.IsRemote)
            return Error.Invalid("store_is_folder", "The artifacts stay in the folder, as Artifacts__Store says. Set it to S3, with Artifacts__Endpoint and Artifacts__Bucket, and push again.");
        var here = ArtifactFolders.In(store.Root).Order(StringComparer.Ordinal).ToList();
        List<string> damaged = [];
        foreach (var path in here)
        {
            var pushed = await store.PushAsync(path, cancellationToken);
            if (pushed.IsFailure && pushed.Error.Code != StorageErrors.DamagedCode)
                return Result.Failure<PushedArtifacts>(pushed.Errors);
            if (pushed.IsFailure)
                damaged.Add(pushed.Error.Message);
            else
                onPushed?.Invoke(path, here.Count);
        }

        var shared = await ShareRowIndexesAsync(cancellationToken);
        if (shared.IsFailure)
            return Result.Failure<PushedArtifacts>(shared.Errors);
        var there = await store.ListAsync(cancellationToken);
        if (there.IsFailure)
            return Result.Failure<PushedArtifacts>(there.Errors);
        var missing = (await collection.NeededAsync(cancellationToken)).Where(path => !there.Value.ContainsKey(path));
        return new PushedArtifacts(here.Count - damaged.Count, damaged, [.. missing.Order(StringComparer.Ordinal)]);
    }

    /// <summary>Those of checks from before lie in this host's folder; without them nobody else could look at the rows.</summary>
    private async Task<Result> ShareRowIndexesAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        foreach (var version in await context.DatasetVersions.Where(version => version.RowIndexPath == null).ToListAsync(cancellationToken))
        {
            var shared = await RowIndexFile.ShareAsync(store, version, cancellationToken);
            if (shared.IsFailure)
                return shared;
            if (shared.Value is { } path)
                version.ShareRowIndex(path);
            await context.SaveChangesAsync(cancellationToken);
        }

        return Result.Success();
    }
}
