using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Platform.Domain.Artifacts;
using Platform.Domain.Audit;
using Platform.Domain.Datasets.Formats;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Setup;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Datasets.Intakes;

/// <summary>Takes uploads in piece by piece, so that a broken connection or a closed browser costs only the piece that was on its way.</summary>
public sealed class DatasetIntakes(IDbContextFactory<PlatformDbContext> contexts, ArtifactStore store, IOptions<PlatformOptions> options, TimeProvider clock)
{
    /// <summary>How long a half-sent upload is kept.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    private PlatformOptions Limits => options.Value;

    /// <summary>Begins an upload, or finds the one that the same user began with the same files and did not end.</summary>
    public async Task<Result<DatasetIntake>> BeginAsync(Actor actor, string taskName, IReadOnlyList<IntakeFile> files, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var task = await context.Tasks.VisibleTo(actor).SingleOrDefaultAsync(found => found.Name == taskName, cancellationToken);
        if (task is null)
            return TaskErrors.Unknown(taskName);
        var errors = Problems(files);
        if (errors.Count > 0)
            return Result.Failure<DatasetIntake>(errors);

        var open = await context.DatasetIntakes.Where(found => found.TaskId == task.Id && found.StartedById == actor.UserId && found.Status == IntakeStatus.Receiving)
            .OrderByDescending(found => found.StartedAt).Take(20).ToListAsync(cancellationToken);
        if (open.FirstOrDefault(found => found.Files.OrderBy(file => file.Split).SequenceEqual(files.OrderBy(file => file.Split))) is { } begun)
            return begun;

        var intake = new DatasetIntake { TaskId = task.Id, Files = files, StartedById = actor.UserId, StartedByName = actor.Name, StartedAt = clock.GetUtcNow() };
        context.DatasetIntakes.Add(intake);
        await context.SaveChangesAsync(cancellationToken);
        return intake;
    }

    /// <summary>With its task and the version that it became.</summary>
    public async Task<Result<DatasetIntake>> FindAsync(Actor actor, Guid id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var intake = await context.DatasetIntakes.AsNoTracking().Include(found => found.Task).Include(found => found.DatasetVersion).SingleOrDefaultAsync(found => found.Id == id, cancellationToken);
        return intake is null || !actor.MaySee(intake.Task!) ? IntakeErrors.Unknown(id) : intake;
    }

    /// <summary>A task's uploads that are not over yet, newest first.</summary>
    public async Task<IReadOnlyList<DatasetIntake>> ListOpenAsync(Actor actor, Guid taskId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await context.Tasks.VisibleTo(actor).AnyAsync(task => task.Id == taskId, cancellationToken))
            return [];
        return await context.DatasetIntakes.AsNoTracking()
            .Where(intake => intake.TaskId == taskId && intake.Status != IntakeStatus.Stored && intake.Status != IntakeStatus.Refused && intake.Status != IntakeStatus.Cancelled)
            .OrderByDescending(intake => intake.StartedAt).Take(50).ToListAsync(cancellationToken);
    }

    public IReadOnlyDictionary<Split, long> Received(DatasetIntake intake) => intake.Files.ToDictionary(
        file => file.Split, file => intake.ArtifactPath is null ? FolderOf(intake.Id).Received(file.Split) : file.SizeBytes);

    /// <summary>Appends a piece that begins where the last one ended.</summary>
    /// <returns>How many bytes of the file are there now.</returns>
    public async Task<Result<long>> AppendAsync(Actor actor, Guid id, Split split, long offset, Stream content, CancellationToken cancellationToken)
    {
        var found = await FindAsync(actor, id, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<long>(found.Errors);
        if (found.Value.Status != IntakeStatus.Receiving)
            return IntakeErrors.NotReceiving(found.Value);
        return found.Value.Files.FirstOrDefault(file => file.Split == split) is { } expected
            ? await FolderOf(id).AppendAsync(expected, offset, content, cancellationToken)
            : IntakeErrors.NoSuchFile(split);
    }

    /// <summary>All bytes are sent. Where the columns say what they are, the rows are read at once; else somebody has to map them.</summary>
    public async Task<Result<DatasetIntake>> EndReceivingAsync(Actor actor, Guid id, CancellationToken cancellationToken)
    {
        var found = await FindAsync(actor, id, cancellationToken);
        if (found is { IsSuccess: true, Value: { ArtifactPath: not null, IsOver: false } })
            return found;
        var views = await InspectAsync(actor, id, cancellationToken);
        if (views.IsFailure)
            return Result.Failure<DatasetIntake>(views.Errors);
        var isPlain = views.Value.All(view => !view.IsTable || view.Problem is not null || ColumnMap.IsPlain(view.Columns));
        var shared = isPlain ? await ShareAsync(id, cancellationToken) : Result.Success<string?>(null);
        if (shared.IsFailure)
            return Result.Failure<DatasetIntake>(shared.Errors);
        var queued = await ChangeAsync(actor, id, intake =>
        {
            if (intake.Status is not IntakeStatus.Receiving)
                return intake.IsOver || intake.Status == IntakeStatus.Cancelled ? IntakeErrors.NotReceiving(intake) : null;
            foreach (var file in intake.Files)
                if (FolderOf(id).Received(file.Split) is var received && received != file.SizeBytes)
                    return IntakeErrors.Incomplete(file.Split, received, file.SizeBytes);
            intake.Receive();
            if (isPlain)
                intake.Queue(ColumnMap.Plain, shared.Value);
            return null;
        }, cancellationToken);
        if (queued.IsSuccess && shared.Value is not null)
            FolderOf(id).Delete();
        return queued;
    }

    /// <summary>Columns and first records of each file.</summary>
    public async Task<Result<IReadOnlyList<IntakeFileView>>> InspectAsync(Actor actor, Guid id, CancellationToken cancellationToken)
    {
        var found = await FindAsync(actor, id, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<IReadOnlyList<IntakeFileView>>(found.Errors);
        List<IntakeFileView> views = [];
        foreach (var file in found.Value.Files.OrderBy(file => file.Split))
        {
            if (FolderOf(id).Received(file.Split) is var received && received != file.SizeBytes)
                return IntakeErrors.Incomplete(file.Split, received, file.SizeBytes);
            await using var content = FolderOf(id).Open(file.Split);
            views.Add(await IntakeFileView.OfAsync(file, content, Limits.MaxLineBytes, Limits.MaxFileBytes, cancellationToken));
        }

        return views;
    }

    /// <summary>Says which column is which; then the rows are read.</summary>
    public async Task<Result<DatasetIntake>> MapAsync(Actor actor, Guid id, ColumnMap map, CancellationToken cancellationToken)
    {
        var views = await InspectAsync(actor, id, cancellationToken);
        if (views.IsFailure)
            return Result.Failure<DatasetIntake>(views.Errors);
        List<Error> errors = [];
        if (string.IsNullOrEmpty(map.Text))
            errors.Add(IntakeErrors.ColumnUnchosen("text"));
        if (string.IsNullOrEmpty(map.Output))
            errors.Add(IntakeErrors.ColumnUnchosen("output"));
        errors.AddRange(map.Names.Where(name => name.Length > 0).GroupBy(name => name).Where(group => group.Count() > 1).Select(group => IntakeErrors.ColumnTwice(group.Key)));
        foreach (var view in views.Value.Where(view => view.IsTable))
            errors.AddRange(map.Names.Where(name => name.Length > 0 && !view.Columns.Contains(name)).Select(name => DatasetErrors.ColumnMissing(view.File.Name, name, view.Columns)));
        if (errors.Count > 0)
            return Result.Failure<DatasetIntake>(errors);
        var shared = await ShareAsync(id, cancellationToken);
        if (shared.IsFailure)
            return Result.Failure<DatasetIntake>(shared.Errors);
        var mapped = await ChangeAsync(actor, id, intake =>
        {
            if (intake.Status != IntakeStatus.Received)
                return IntakeErrors.NotMappable(intake);
            intake.Queue(map, shared.Value);
            return null;
        }, cancellationToken);
        if (mapped.IsSuccess && shared.Value is not null)
            FolderOf(id).Delete();
        return mapped;
    }

    public async Task<Result<DatasetIntake>> CancelAsync(Actor actor, Guid id, CancellationToken cancellationToken)
    {
        var cancelled = await ChangeAsync(actor, id, intake =>
        {
            if (intake.Status is not (IntakeStatus.Receiving or IntakeStatus.Received))
                return IntakeErrors.NotCancellable(intake);
            intake.Cancel(clock.GetUtcNow());
            return null;
        }, cancellationToken);
        if (cancelled.IsSuccess)
            FolderOf(id).Delete();
        return cancelled;
    }

    internal IntakeFolder FolderOf(Guid id) => new(Path.Combine(Limits.DataFolder, "uploads", id.ToString("N")));

    /// <summary>Lets another host read the files, where hosts share no folder.</summary>
    private async Task<Result<string?>> ShareAsync(Guid id, CancellationToken cancellationToken)
    {
        if (!store.IsRemote)
            return Result.Success<string?>(null);
        using var staging = store.Stage(ArtifactStore.Uploads);
        FolderOf(id).CopyTo(staging.Folder);
        var stored = await staging.CommitAsync(cancellationToken);
        return stored.IsSuccess ? Result.Success<string?>(stored.Value.Path) : Result.Failure<string?>(stored.Errors);
    }

    private async Task<Result<DatasetIntake>> ChangeAsync(Actor actor, Guid id, Func<DatasetIntake, Error?> change, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var intake = await context.DatasetIntakes.Include(found => found.Task).SingleOrDefaultAsync(found => found.Id == id, cancellationToken);
        if (intake is null || !actor.MaySee(intake.Task!))
            return IntakeErrors.Unknown(id);
        if (change(intake) is { } error)
            return error;
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return intake;
    }

    private List<Error> Problems(IReadOnlyList<IntakeFile> files)
    {
        List<Error> errors = [];
        if (files.Count == 0)
            errors.Add(IntakeErrors.NoFiles());
        errors.AddRange(Splits.All.Where(split => files.Count > 0 && !files.Any(file => file.Split == split)).Select(DatasetErrors.MissingSplit));
        errors.AddRange(files.GroupBy(file => file.Split).Where(group => group.Count() > 1).Select(group => DatasetErrors.SplitTwice(group.Key)));
        foreach (var file in files)
        {
            if (DataFormats.Of(file.Name) is null)
                errors.Add(DatasetErrors.UnknownFormat(file.Name));
            if (file.SizeBytes <= 0)
                errors.Add(IntakeErrors.FileEmpty(file.Name));
            if (file.SizeBytes > Limits.MaxFileBytes)
                errors.Add(DatasetErrors.FileTooLarge(file.Name, Limits.MaxFileBytes));
        }

        return errors;
    }
}
