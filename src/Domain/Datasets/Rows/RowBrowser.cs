using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Persistence;
using Platform.Domain.Persistence.RowIndexes;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Datasets.Rows;

/// <summary>Shows, searches and counts the rows of a dataset version of any size, without ever reading more than a page of them.</summary>
public sealed class RowBrowser(IDbContextFactory<PlatformDbContext> contexts, ArtifactStore store)
{
    public const int MostRows = 200;

    /// <param name="from">Position of the first row that may be shown.</param>
    /// <param name="take">At most <see cref="MostRows"/>.</param>
    public async Task<Result<RowPage>> ReadAsync(Actor actor, Guid versionId, RowFilter filter, long from, int take, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(actor, versionId, cancellationToken);
        if (opened.IsFailure)
            return Result.Failure<RowPage>(opened.Errors);
        await using (opened.Value)
        {
            var index = opened.Value.Index;
            var rows = Math.Clamp(take, 1, MostRows);
            var page = await index.PageAsync(filter, from, rows, cancellationToken);
            var marks = (await index.MarksAsync([.. page.Places.Select(place => place.Position)], cancellationToken)).ToLookup(mark => mark.Position, mark => mark.Mark);
            var texts = await ReadAsync(opened.Value.Files.Path, page.Places, cancellationToken);
            return new RowPage(
                [.. page.Places.Zip(texts, (place, row) => new BrowsedRow(place.Position, place.Split, row, place.Tokens, [.. marks[place.Position]]))],
                page.Matching, page.IsMore, page.Next, page.Previous);
        }
    }

    public async Task<Result<DatasetSummary>> SummariseAsync(Actor actor, Guid versionId, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(actor, versionId, cancellationToken);
        if (opened.IsFailure)
            return Result.Failure<DatasetSummary>(opened.Errors);
        await using var rows = opened.Value;
        return await rows.Index.SummariseAsync(cancellationToken);
    }

    /// <summary>Checks the version again, which makes its index anew.</summary>
    public async Task<Result> IndexAgainAsync(Actor actor, Guid versionId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var version = await context.DatasetVersions.Include(found => found.Task).SingleOrDefaultAsync(found => found.Id == versionId, cancellationToken);
        if (version is null || !actor.MaySee(version.Task!))
            return DatasetErrors.UnknownVersion(versionId);
        if (version.Status is DatasetStatus.Ready or DatasetStatus.Rejected)
            version.CheckAgain();
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Result.Success();
    }

    private async Task<Result<OpenedRows>> OpenAsync(Actor actor, Guid versionId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var version = await context.DatasetVersions.AsNoTracking().Include(found => found.Task).SingleOrDefaultAsync(found => found.Id == versionId, cancellationToken);
        if (version is null || !actor.MaySee(version.Task!))
            return DatasetErrors.UnknownVersion(versionId);
        var files = await store.OpenAsync(version.ArtifactPath, cancellationToken);
        if (files.IsFailure)
            return Result.Failure<OpenedRows>(files.Errors);
        var file = await RowIndexFile.OpenAsync(store, version, cancellationToken);
        if (file.IsSuccess && await RowIndexReader.OpenAsync(file.Value.Path, version, cancellationToken) is { } index)
            return new OpenedRows(files.Value, file.Value, index);
        files.Value.Dispose();
        return file.IsSuccess ? DatasetErrors.NotIndexed(version.Number) : Result.Failure<OpenedRows>(file.Errors);
    }

    /// <summary>A version's rows and their index on this host.</summary>
    private sealed record OpenedRows(ArtifactFolder Files, RowIndexFile File, RowIndexReader Index) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Index.DisposeAsync();
            File.Dispose();
            Files.Dispose();
        }
    }

    private static async Task<List<DatasetRow>> ReadAsync(string folder, IReadOnlyList<RowPlace> places, CancellationToken cancellationToken)
    {
        List<DatasetRow> rows = [];
        foreach (var split in places.GroupBy(place => place.Split))
        {
            using var file = File.OpenHandle(Path.Combine(folder, split.Key.FileName()), options: FileOptions.Asynchronous | FileOptions.RandomAccess);
            foreach (var place in split)
            {
                var bytes = new byte[place.Length];
                await RandomAccess.ReadAsync(file, bytes, place.Offset, cancellationToken);
                rows.Add(DatasetRow.Parse(bytes, place.Line, place.Offset));
            }
        }

        return rows;
    }
}
