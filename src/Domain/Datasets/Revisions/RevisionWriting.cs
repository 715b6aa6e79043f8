using System.IO.Pipelines;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Claims;
using Platform.Domain.Datasets.Rows;
using Platform.Domain.Persistence;
using Platform.Domain.Persistence.RowIndexes;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Datasets.Revisions;

/// <summary>Writes a revision's new version. Safe to run twice: the same changes to the same rows have the same content address.</summary>
public sealed class RevisionWriting(IDbContextFactory<PlatformDbContext> contexts, ArtifactStore store, DatasetUploads uploads, TimeProvider clock)
{
    public async Task<Result<DatasetRevision>> RunAsync(Claim claim, CancellationToken cancellationToken)
    {
        var begun = await WriteAsync(claim, revision => revision.BeginWriting(), cancellationToken);
        if (begun.IsFailure)
            return begun;
        var stored = await StoreAsync(begun.Value, cancellationToken);
        return await WriteAsync(claim, revision =>
        {
            if (stored.IsSuccess)
                revision.Complete(stored.Value.Version, clock.GetUtcNow());
            else
                revision.Fail(stored.Summary, clock.GetUtcNow());
        }, cancellationToken);
    }

    private async Task<Result<StoredDataset>> StoreAsync(DatasetRevision revision, CancellationToken cancellationToken)
    {
        var version = revision.BaseVersion!;
        HashSet<long> excluded = [];
        Dictionary<long, string?> outputs = [];
        if (revision.ExcludedProblems.Count > 0 || revision.Labels.Count > 0)
        {
            var file = await RowIndexFile.OpenAsync(store, version, cancellationToken);
            if (file.IsFailure)
                return Result.Failure<StoredDataset>(file.Errors);
            using var held = file.Value;
            await using var index = await RowIndexReader.OpenAsync(held.Path, version, cancellationToken);
            if (index is null)
                return DatasetErrors.NotIndexed(version.Number);
            foreach (var code in revision.ExcludedProblems)
                excluded.UnionWith(await index.AllAsync(new RowFilter(Problem: code), cancellationToken));
            foreach (var move in revision.Labels)
                foreach (var position in await index.AllAsync(new RowFilter(Label: move.From, Words: move.Words), cancellationToken))
                    outputs.TryAdd(position, move.To);
        }

        var opened = await store.OpenAsync(version.ArtifactPath, cancellationToken);
        if (opened.IsFailure)
            return Result.Failure<StoredDataset>(opened.Errors);
        using var files = opened.Value;
        using var staging = uploads.Stage();
        List<Error> errors = [];
        foreach (var split in Splits.All)
        {
            var changes = revision.Rows.Where(row => row.Split == split).ToDictionary(row => row.Line);
            var revised = new RevisedSplit(Path.Combine(files.Path, split.FileName()), version.FirstOf(split), changes, excluded, outputs);
            var pipe = new Pipe();
            var writing = revised.WriteAsync(pipe.Writer, cancellationToken);
            errors.AddRange((await staging.AddAsync(split, split.FileName(), pipe.Reader.AsStream(), cancellationToken)).Errors);
            await pipe.Reader.CompleteAsync();
            await writing;
        }

        return errors.Count > 0 ? Result.Failure<StoredDataset>(errors) : await uploads.StoreAsync(Author(revision), revision.TaskId, staging, cancellationToken);
    }

    private static Actor Author(DatasetRevision revision) => revision.CreatedById is { } user
        ? Actor.ForUser(user, revision.CreatedByName, isAdmin: false, [revision.Task!.TeamId])
        : Actor.System(revision.CreatedByName);

    private async Task<Result<DatasetRevision>> WriteAsync(Claim claim, Action<DatasetRevision> change, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        if (!await WorkClaims.HoldAsync<DatasetRevision>(context, claim, clock, cancellationToken))
            return ClaimErrors.Lost(claim);
        var revision = await context.DatasetRevisions.Include(found => found.Task).Include(found => found.BaseVersion).SingleAsync(found => found.Id == claim.EntityId, cancellationToken);
        change(revision);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return revision;
    }
}
