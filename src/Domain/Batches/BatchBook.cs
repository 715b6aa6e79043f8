using Microsoft.EntityFrameworkCore;
using Platform.Domain.Claims;
using Platform.Domain.Persistence;
using Platform.Domain.Results;

namespace Platform.Domain.Batches;

/// <summary>What a caller wants answered.</summary>
public sealed record BatchRequest(Guid TeamId, Guid KeyId, Guid InputFileId, string Endpoint, string? MetadataJson, TimeSpan? OutputExpiresAfter = null);

/// <summary>Creates, finds and cancels batches, and keeps their progress. Whoever works on one holds its claim.</summary>
public sealed class BatchBook(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <param name="mostOpen">Batches of a team that have not ended.</param>
    public async Task<Result<Batch>> CreateAsync(BatchRequest request, int mostOpen, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.Batches.Where(Batch.HasWork).CountAsync(batch => batch.TeamId == request.TeamId, cancellationToken) >= mostOpen)
            return BatchErrors.TooManyBatches(mostOpen);
        var now = clock.GetUtcNow();
        var added = new Batch
        {
            TeamId = request.TeamId,
            KeyId = request.KeyId,
            InputFileId = request.InputFileId,
            Endpoint = request.Endpoint,
            MetadataJson = request.MetadataJson,
            OutputExpiresAfterSeconds = (int?)request.OutputExpiresAfter?.TotalSeconds,
            CreatedAt = now,
            ExpiresAt = now + Window,
        };
        context.Batches.Add(added);
        await context.SaveChangesAsync(cancellationToken);
        return added;
    }

    /// <summary>A batch of another team is answered like one that does not exist.</summary>
    public async Task<Result<Batch>> FindAsync(Guid teamId, string id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return BatchIds.Parse(BatchIds.Batch, id) is { } guid && await context.Batches.AsNoTracking().SingleOrDefaultAsync(batch => batch.Id == guid && batch.TeamId == teamId, cancellationToken) is { } found
            ? found
            : BatchErrors.BatchUnknown(id);
    }

    /// <summary>Newest first.</summary>
    /// <returns>One more than asked for when there are more.</returns>
    public async Task<IReadOnlyList<Batch>> ListAsync(Guid teamId, Guid? after, int count, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var batches = context.Batches.AsNoTracking().Where(batch => batch.TeamId == teamId);
        if (after is { } last)
            batches = batches.Where(batch => batch.Id < last);
        return await batches.OrderByDescending(batch => batch.Id).Take(count + 1).ToListAsync(cancellationToken);
    }

    /// <summary>Asks its worker to stop; what was answered so far stays.</summary>
    public async Task<Result<Batch>> CancelAsync(Guid teamId, string id, CancellationToken cancellationToken)
    {
        var known = await FindAsync(teamId, id, cancellationToken);
        if (known.IsFailure)
            return known;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var batch = await context.Batches.SingleAsync(found => found.Id == known.Value.Id, cancellationToken);
        if (batch.HasEnded)
            return BatchErrors.HasEnded(id, batch.Status);
        batch.Cancel(clock.GetUtcNow());
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return batch;
    }

    /// <summary>The row of a claim.</summary>
    public async Task<Batch> LoadAsync(Claim claim, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Batches.AsNoTracking().SingleAsync(batch => batch.Id == claim.EntityId, cancellationToken);
    }

    /// <summary>Its lines are sound and are answered from now on.</summary>
    public Task<Result<Batch>> StartAsync(Claim claim, int total, CancellationToken cancellationToken) =>
        ChangeAsync(claim, (batch, now) => batch.Start(total, now), [], cancellationToken);

    /// <summary>Keeps the claim and the counts; the batch that comes back says whether it shall be cancelled.</summary>
    public Task<Result<Batch>> CountAsync(Claim claim, int completed, int failed, CancellationToken cancellationToken) =>
        ChangeAsync(claim, (batch, _) => batch.Count(completed, failed), [], cancellationToken);

    /// <summary>Ends it and makes its files visible, in one transaction.</summary>
    public Task<Result<Batch>> EndAsync(Claim claim, BatchStatus status, IReadOnlyList<BatchProblem> problems, IReadOnlyList<StoredFile> files, CancellationToken cancellationToken) =>
        ChangeAsync(claim, (batch, now) => batch.End(status, problems, now), files, cancellationToken);

    private async Task<Result<Batch>> ChangeAsync(Claim claim, Action<Batch, DateTimeOffset> change, IReadOnlyList<StoredFile> files, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        if (!await WorkClaims.HoldAsync<Batch>(context, claim, clock, cancellationToken))
            return ClaimErrors.Lost(claim);
        var batch = await context.Batches.SingleAsync(found => found.Id == claim.EntityId, cancellationToken);
        change(batch, clock.GetUtcNow());
        context.Files.AddRange(files);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return batch;
    }
}
