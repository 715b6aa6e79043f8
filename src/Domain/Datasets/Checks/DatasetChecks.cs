using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Audit;
using Platform.Domain.Claims;
using Platform.Domain.Datasets.Rows;
using Platform.Domain.Persistence;
using Platform.Domain.Persistence.RowIndexes;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Datasets.Checks;

/// <summary>Runs the data check on a claimed dataset version. Safe to run twice.</summary>
public sealed class DatasetChecks(IDbContextFactory<PlatformDbContext> contexts, ArtifactStore store, TimeProvider clock)
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(1);

    /// <param name="limitsFor">The token counter and context for a task; called once.</param>
    public async Task<Result<DatasetVersion>> RunAsync(Claim claim, Func<TaskDefinition, CheckLimits> limitsFor, CancellationToken cancellationToken)
    {
        var begun = await WriteAsync(claim, (_, version) => version.BeginCheck(), cancellationToken);
        if (begun.IsFailure)
            return begun;

        var checking = begun.Value;
        var whole = await store.VerifyAsync(checking.ArtifactPath, checking.Sha256, cancellationToken);
        var (findings, rowIndexPath, answerBits) = StoreUnavailableException.Known(whole).IsFailure
            ? ([new DataFinding(FindingSeverity.Error, whole.Error.Code, whole.Error.Message)], null, null)
            : await CheckAsync(claim, checking, limitsFor(checking.Task!), cancellationToken);
        return await WriteAsync(claim, (context, version) =>
        {
            var now = clock.GetUtcNow();
            version.CompleteCheck(findings, now, rowIndexPath, answerBits);
            version.LetGo();
            AuditTrail.Add(context, now, Actor.System("data check"), "dataset.checked", nameof(DatasetVersion), version.Id,
                after: new { version.Status, Errors = findings.Count(finding => finding.Severity == FindingSeverity.Error), Warnings = findings.Count(finding => finding.Severity == FindingSeverity.Warning) });
        }, cancellationToken);
    }

    /// <summary>One pass over the rows makes both the findings and the index that the row browser reads.</summary>
    private async Task<(IReadOnlyList<DataFinding> Findings, string? RowIndexPath, double? AnswerBits)> CheckAsync(Claim claim, DatasetVersion version, CheckLimits limits, CancellationToken cancellationToken)
    {
        using var held = new HeldFiles(store);
        var rows = StoreUnavailableException.Known(await held.OpenAsync(version.ArtifactPath, cancellationToken)).Value;
        var neighbours = await NeighboursAsync(version, held, cancellationToken);
        var before = await PreviousAsync(version, cancellationToken);
        var indexBefore = before is null ? null : await held.OpenIndexAsync(before, cancellationToken);
        using var index = new RowIndexWriter(RowIndexFile.PlaceOf(store, version.Id), version);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var checking = Task.Run(async () =>
        {
            var findings = await DataCheck.RunAsync(version.Task!, rows, limits, neighbours, index, stop.Token);
            index.Complete(limits.ContextTokens, indexBefore, before?.Number);
            return findings;
        }, stop.Token);
        try
        {
            while (await Task.WhenAny(checking, Task.Delay(ProgressEvery, clock, stop.Token)) != checking && !stop.IsCancellationRequested)
                await WriteAsync(claim, (_, row) => row.ReportChecked(index.RowsSeen), stop.Token);
        }
        catch
        {
            // The index is being written until the check has ended.
            await stop.CancelAsync();
            await ((Task)checking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        var findings = await checking;
        return (findings, StoreUnavailableException.Known(await RowIndexFile.ShareAsync(store, version, cancellationToken)).Value, index.AnswerBits);
    }

    private async Task<DatasetVersion?> PreviousAsync(DatasetVersion version, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.DatasetVersions.AsNoTracking().Where(found => found.TaskId == version.TaskId && found.Number < version.Number)
            .OrderByDescending(found => found.Number).FirstOrDefaultAsync(cancellationToken);
    }

    private async Task<Result<DatasetVersion>> WriteAsync(Claim claim, Action<PlatformDbContext, DatasetVersion> change, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        if (!await WorkClaims.HoldAsync<DatasetVersion>(context, claim, clock, cancellationToken))
            return ClaimErrors.Lost(claim);
        var version = await context.DatasetVersions.Include(found => found.Task).SingleAsync(found => found.Id == claim.EntityId, cancellationToken);
        change(context, version);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return version;
    }

    /// <summary>The newest version of every other task, unless it was rejected.</summary>
    private async Task<List<NeighbourDataset>> NeighboursAsync(DatasetVersion version, HeldFiles held, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var others = await context.DatasetVersions.AsNoTracking()
            .Where(other => other.TaskId != version.TaskId && other.Status != DatasetStatus.Rejected && other.Task!.ArchivedAt == null)
            .Where(other => !context.DatasetVersions.Any(newer => newer.TaskId == other.TaskId && newer.Number > other.Number && newer.Status != DatasetStatus.Rejected))
            .Include(other => other.Task).OrderBy(other => other.Task!.Name).ToListAsync(cancellationToken);
        List<NeighbourDataset> neighbours = [];
        foreach (var other in others)
        {
            var rows = StoreUnavailableException.Known(await held.OpenAsync(other.ArtifactPath, cancellationToken));
            if (rows.IsSuccess)
                neighbours.Add(new NeighbourDataset(other.Task!.Name, rows.Value, other, await held.OpenIndexAsync(other, cancellationToken)));
        }

        return neighbours;
    }
}
