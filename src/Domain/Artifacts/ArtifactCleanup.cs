using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Platform.Domain.Datasets.Intakes;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Runs;

namespace Platform.Domain.Artifacts;

/// <param name="Removed">Artifacts that nothing referred to.</param>
/// <param name="Kept">All others.</param>
public sealed record CollectedArtifacts(IReadOnlyList<string> Removed, int Kept);

/// <summary>
/// Removes artifacts that nothing in the database refers to. They are listed first and looked for in the database after that, and none goes
/// that was added within the grace time, so nothing goes that is just being added.
/// </summary>
public sealed class ArtifactCleanup(IDbContextFactory<PlatformDbContext> contexts, ArtifactStore store, IOptions<ArtifactOptions> options, TimeProvider clock)
{
    /// <param name="isDryRun">Only say which would go.</param>
    public async Task<Result<CollectedArtifacts>> CollectAsync(bool isDryRun, CancellationToken cancellationToken)
    {
        var before = clock.GetUtcNow() - TimeSpan.FromHours(options.Value.GraceHours);
        if (!isDryRun)
            store.RemoveAbandoned(before);
        var listed = await store.ListAsync(cancellationToken);
        if (listed.IsFailure)
            return Result.Failure<CollectedArtifacts>(listed.Errors);
        var needed = await NeededAsync(cancellationToken);
        List<string> removed = [];
        foreach (var (path, addedAt) in listed.Value.Where(one => !needed.Contains(one.Key) && one.Value < before).OrderBy(one => one.Key, StringComparer.Ordinal))
        {
            var gone = isDryRun ? true : await store.RemoveAsync(path, before, cancellationToken);
            if (gone.IsFailure)
                return Result.Failure<CollectedArtifacts>(gone.Errors);
            if (gone.Value)
                removed.Add(path);
        }

        return new CollectedArtifacts(removed, listed.Value.Count - removed.Count);
    }

    /// <summary>Whatever a row names. Results of steps name what later steps and what-if questions read.</summary>
    internal async Task<HashSet<string>> NeededAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        HashSet<string> needed = new(StringComparer.Ordinal);
        Add(await context.DatasetVersions.Select(version => version.ArtifactPath).ToListAsync(cancellationToken));
        Add(await context.DatasetVersions.Select(version => version.RowIndexPath).ToListAsync(cancellationToken));
        Add(await context.DatasetIntakes.Where(intake => intake.Status == IntakeStatus.Queued || intake.Status == IntakeStatus.Reading).Select(intake => intake.ArtifactPath).ToListAsync(cancellationToken));
        Add(await context.ModelVersions.Select(version => version.ArtifactPath).ToListAsync(cancellationToken));
        // What was trained elsewhere is in the model version once its run has made one.
        await foreach (var outside in context.Runs.Where(run => run.OutsideJson != null && run.Status != RunStatus.Succeeded && run.Status != RunStatus.Cancelled).Select(run => run.OutsideJson!).AsAsyncEnumerable().WithCancellation(cancellationToken))
            Add(ArtifactFolders.Mentioned(outside));
        Add(await context.BaselineResults.Select(result => result.PredictionsPath).ToListAsync(cancellationToken));
        await foreach (var evaluation in context.TaskEvaluations.Select(one => new { one.PredictionsPath, one.SinglePredictionsPath, one.ReportPath }).AsAsyncEnumerable().WithCancellation(cancellationToken))
            Add([evaluation.PredictionsPath, evaluation.SinglePredictionsPath, evaluation.ReportPath]);
        await foreach (var result in context.RunSteps.Where(step => step.ResultJson != null).Select(step => step.ResultJson!).AsAsyncEnumerable().WithCancellation(cancellationToken))
            Add(ArtifactFolders.Mentioned(result));
        return needed;

        void Add(IEnumerable<string?> paths) => needed.UnionWith(paths.OfType<string>());
    }
}
