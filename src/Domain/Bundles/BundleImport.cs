using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Datasets;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Bundles;

/// <param name="VersionCreated">False when exactly this data was there already.</param>
public sealed record ImportedBundle(TaskDefinition Task, DatasetVersion Version, bool TaskCreated, bool VersionCreated);

/// <summary>Brings a bundle in: its task, and its data as a new version when they differ. Repeating it changes nothing.</summary>
public sealed class BundleImport(IDbContextFactory<PlatformDbContext> contexts, TaskCatalog catalog, DatasetUploads uploads)
{
    /// <summary>Nothing is stored unless all of the bundle is sound.</summary>
    public async Task<Result<ImportedBundle>> ImportAsync(Actor actor, Guid teamId, string folder, CancellationToken cancellationToken)
    {
        var draft = await BundleFolder.ReadAsync(folder, cancellationToken);
        if (draft.IsFailure)
            return Result.Failure<ImportedBundle>(draft.Errors);

        using var staging = uploads.Stage();
        List<Error> errors = [];
        foreach (var split in Splits.All)
        {
            await using var stream = File.OpenRead(Path.Combine(folder, split.FileName()));
            errors.AddRange((await staging.AddAsync(split, split.FileName(), stream, cancellationToken)).Errors);
        }

        if (errors.Count > 0)
            return Result.Failure<ImportedBundle>(errors);

        var existing = await FindAsync(draft.Value.Name!, cancellationToken);
        if (existing is not null && existing.TeamId != teamId)
            return TaskErrors.NameTaken(existing.Name);
        var task = existing is null
            ? await catalog.RegisterAsync(actor, teamId, draft.Value, cancellationToken)
            : await catalog.EditAsync(actor, existing.Id, draft.Value, cancellationToken);
        if (task.IsFailure)
            return Result.Failure<ImportedBundle>(task.Errors);

        var stored = await uploads.StoreAsync(actor, task.Value.Id, staging, cancellationToken);
        return stored.IsSuccess
            ? new ImportedBundle(task.Value, stored.Value.Version, existing is null, stored.Value.IsNew)
            : Result.Failure<ImportedBundle>(stored.Errors);
    }

    private async Task<TaskDefinition?> FindAsync(string name, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Tasks.AsNoTracking().SingleOrDefaultAsync(task => task.Name == name, cancellationToken);
    }
}

/// <summary>Writes a task and one version of its data as a bundle that imports again to the same content.</summary>
public sealed class BundleExport(IDbContextFactory<PlatformDbContext> contexts, ArtifactStore store)
{
    /// <param name="versionNumber">Null: the newest.</param>
    /// <param name="folder">The bundle's folder; must not exist yet.</param>
    public async Task<Result<DatasetVersion>> ExportAsync(Actor actor, string taskName, int? versionNumber, string folder, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var task = await context.Tasks.AsNoTracking().VisibleTo(actor).SingleOrDefaultAsync(found => found.Name == taskName, cancellationToken);
        if (task is null)
            return TaskErrors.Unknown(taskName);
        var version = await context.DatasetVersions.AsNoTracking()
            .Where(found => found.TaskId == task.Id && (versionNumber == null || found.Number == versionNumber))
            .OrderByDescending(found => found.Number).FirstOrDefaultAsync(cancellationToken);
        if (version is null)
            return DatasetErrors.UnknownVersion($"{versionNumber?.ToString() ?? "at all"} of the task '{taskName}'");
        if (Path.Exists(folder))
            return Error.Conflict("export_folder_exists", $"'{folder}' exists already; choose a new folder, so that nothing is overwritten.", "folder");

        var opened = await store.OpenAsync(version.ArtifactPath, cancellationToken);
        if (opened.IsFailure)
            return Result.Failure<DatasetVersion>(opened.Errors);
        using var files = opened.Value;
        var target = Path.GetFullPath(folder);
        var temporary = target + ".partial";
        try
        {
            Directory.CreateDirectory(temporary);
            await File.WriteAllTextAsync(Path.Combine(temporary, BundleFolder.TaskFile), BundleFolder.Write(task), cancellationToken);
            foreach (var split in Splits.All)
                File.Copy(Path.Combine(files.Path, split.FileName()), Path.Combine(temporary, split.FileName()), overwrite: true);
            Directory.Move(temporary, target);
            return version;
        }
        catch (IOException exception) when (StorageErrors.IsDiskFull(exception))
        {
            Directory.Delete(temporary, recursive: true);
            return StorageErrors.DiskFull(target, version.SizeBytes);
        }
    }
}
