using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Claims;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Datasets.Intakes;

/// <summary>Reads the rows of an upload that has arrived into a new dataset version. Safe to run twice.</summary>
public sealed class IntakeReading(IDbContextFactory<PlatformDbContext> contexts, DatasetIntakes intakes, DatasetUploads uploads, ArtifactStore store, TimeProvider clock)
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(1);

    public async Task<Result<DatasetIntake>> RunAsync(Claim claim, CancellationToken cancellationToken)
    {
        var begun = await WriteAsync(claim, intake => intake.BeginReading(), cancellationToken);
        if (begun.IsFailure)
            return begun;

        var intake = begun.Value;
        using var staging = uploads.Stage();
        var errors = await ReadAsync(claim, intake, staging, cancellationToken);
        var stored = errors.Count > 0
            ? Result.Failure<StoredDataset>(errors)
            : await uploads.StoreAsync(Uploader(intake), intake.TaskId, staging, cancellationToken);
        var ended = await WriteAsync(claim, reading =>
        {
            if (stored.IsSuccess)
                reading.Complete(stored.Value, staging.RowsRead, clock.GetUtcNow());
            else
                reading.Refuse(stored.Errors, clock.GetUtcNow());
        }, cancellationToken);
        if (ended.IsSuccess)
            intakes.FolderOf(intake.Id).Delete();
        return ended;
    }

    /// <summary>Lets go of uploads that nobody ended.</summary>
    /// <returns>How many.</returns>
    public async Task<int> RemoveAbandonedAsync(CancellationToken cancellationToken)
    {
        var before = clock.GetUtcNow() - DatasetIntakes.KeptFor;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var abandoned = await context.DatasetIntakes
            .Where(intake => (intake.Status == IntakeStatus.Receiving || intake.Status == IntakeStatus.Received) && intake.StartedAt < before).ToListAsync(cancellationToken);
        foreach (var intake in abandoned)
            intake.Cancel(clock.GetUtcNow());
        await context.SaveChangesAsync(cancellationToken);
        foreach (var intake in abandoned)
            intakes.FolderOf(intake.Id).Delete();
        return abandoned.Count;
    }

    /// <summary>The version is the uploader's, whose rights were looked at when the bytes came in.</summary>
    private static Actor Uploader(DatasetIntake intake) => intake.StartedById is { } user
        ? Actor.ForUser(user, intake.StartedByName, isAdmin: false, [intake.Task!.TeamId])
        : Actor.System(intake.StartedByName);

    private async Task<List<Error>> ReadAsync(Claim claim, DatasetIntake intake, DatasetStaging staging, CancellationToken cancellationToken)
    {
        List<Error> errors = [];
        using var shared = intake.ArtifactPath is { } path ? StoreUnavailableException.Known(await store.OpenAsync(path, cancellationToken)).Value : null;
        var folder = shared is null ? intakes.FolderOf(intake.Id) : new IntakeFolder(shared.Path);
        foreach (var file in intake.Files.OrderBy(file => file.Split))
        {
            await using var content = folder.Open(file.Split);
            var reading = staging.AddAsync(file.Split, file.Name, content, intake.Columns[0], cancellationToken);
            while (await Task.WhenAny(reading, Task.Delay(ProgressEvery, clock, cancellationToken)) != reading && !cancellationToken.IsCancellationRequested)
                await WriteAsync(claim, row => row.Progress(staging.RowsRead), cancellationToken);
            errors.AddRange((await reading).Errors);
        }

        return errors;
    }

    private async Task<Result<DatasetIntake>> WriteAsync(Claim claim, Action<DatasetIntake> change, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        if (!await WorkClaims.HoldAsync<DatasetIntake>(context, claim, clock, cancellationToken))
            return ClaimErrors.Lost(claim);
        var intake = await context.DatasetIntakes.Include(found => found.Task).SingleAsync(found => found.Id == claim.EntityId, cancellationToken);
        change(intake);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return intake;
    }
}
