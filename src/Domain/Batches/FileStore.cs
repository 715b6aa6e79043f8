using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Setup;

namespace Platform.Domain.Batches;

/// <summary>A team's files: rows in the database, contents in the data folder.</summary>
public sealed class FileStore(IDbContextFactory<PlatformDbContext> contexts, IOptions<PlatformOptions> options, TimeProvider clock)
{
    /// <summary>Where the content of a file is.</summary>
    public string PathOf(Guid id)
    {
        Directory.CreateDirectory(Folder);
        return Path.Combine(Folder, id.ToString("N"));
    }

    private string Folder => Path.Combine(options.Value.DataFolder, "files");

    /// <summary>Takes a file in. Its content is on disk before its row is.</summary>
    /// <param name="keep">How long it is there.</param>
    /// <param name="write">Writes the content; an error leaves nothing behind.</param>
    public async Task<Result<StoredFile>> AddAsync(
        Guid teamId, Guid keyId, string name, FilePurpose purpose, int mostFiles, TimeSpan keep, Func<Stream, Task<Result>> write, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.Files.CountAsync(file => file.TeamId == teamId, cancellationToken) >= mostFiles)
            return BatchErrors.TooManyFiles(mostFiles);
        var id = Guid.CreateVersion7();
        var path = PathOf(id);
        try
        {
            long size;
            await using (var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true))
            {
                var written = await write(stream);
                if (written.IsFailure)
                {
                    await stream.DisposeAsync();
                    File.Delete(path);
                    return Result.Failure<StoredFile>(written.Errors);
                }

                await stream.FlushAsync(cancellationToken);
                stream.Flush(flushToDisk: true);
                size = stream.Length;
            }

            var now = clock.GetUtcNow();
            var file = new StoredFile { Id = id, TeamId = teamId, KeyId = keyId, Name = name, Purpose = purpose, SizeBytes = size, CreatedAt = now, ExpiresAt = now + keep };
            context.Files.Add(file);
            await context.SaveChangesAsync(cancellationToken);
            return file;
        }
        catch (IOException exception) when (StorageErrors.IsDiskFull(exception))
        {
            File.Delete(path);
            return StorageErrors.DiskFull(Folder, null);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>A file of another team is answered like one that does not exist.</summary>
    public async Task<Result<StoredFile>> FindAsync(Guid teamId, string id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        return BatchIds.Parse(BatchIds.File, id) is { } guid && await context.Files.AsNoTracking().SingleOrDefaultAsync(file => file.Id == guid && file.TeamId == teamId && file.ExpiresAt > now, cancellationToken) is { } found
            ? found
            : BatchErrors.FileUnknown(id);
    }

    /// <summary>Newest first, or oldest first.</summary>
    /// <returns>One more than asked for when there are more.</returns>
    public async Task<IReadOnlyList<StoredFile>> ListAsync(Guid teamId, FilePurpose? purpose, Guid? after, int count, bool oldestFirst, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var files = context.Files.AsNoTracking().Where(file => file.TeamId == teamId && file.ExpiresAt > now && (purpose == null || file.Purpose == purpose));
        if (after is { } last)
            files = oldestFirst ? files.Where(file => file.Id > last) : files.Where(file => file.Id < last);
        files = oldestFirst ? files.OrderBy(file => file.Id) : files.OrderByDescending(file => file.Id);
        return await files.Take(count + 1).ToListAsync(cancellationToken);
    }

    /// <summary>Counted from its creation.</summary>
    public async Task<StoredFile> ExpireAfterAsync(StoredFile file, TimeSpan keep, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var expiresAt = file.CreatedAt + keep;
        await context.Files.Where(found => found.Id == file.Id).ExecuteUpdateAsync(set => set.SetProperty(found => found.ExpiresAt, expiresAt), cancellationToken);
        return await context.Files.AsNoTracking().SingleAsync(found => found.Id == file.Id, cancellationToken);
    }

    /// <summary>Deletes files whose time is over, unless a batch still answers them.</summary>
    /// <returns>How many.</returns>
    public async Task<int> DeleteExpiredAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var inUse = context.Batches.Where(Batch.HasWork).Select(batch => batch.InputFileId);
        var expired = await context.Files.Where(file => file.ExpiresAt <= now && !inUse.Contains(file.Id)).Select(file => file.Id).ToListAsync(cancellationToken);
        foreach (var id in expired)
        {
            // The content first: a row without it is deleted at the next look, content without a row never would be.
            File.Delete(PathOf(id));
            await context.Files.Where(file => file.Id == id).ExecuteDeleteAsync(cancellationToken);
        }

        return expired.Count;
    }

    public async Task<Result> DeleteAsync(Guid teamId, string id, CancellationToken cancellationToken)
    {
        var file = await FindAsync(teamId, id, cancellationToken);
        if (file.IsFailure)
            return Result.Failure(file.Errors);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.Batches.Where(Batch.HasWork).AnyAsync(batch => batch.InputFileId == file.Value.Id, cancellationToken))
            return BatchErrors.FileInUse(id);
        await context.Files.Where(found => found.Id == file.Value.Id).ExecuteDeleteAsync(cancellationToken);
        File.Delete(PathOf(file.Value.Id));
        return Result.Success();
    }
}
