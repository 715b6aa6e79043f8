using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Claims;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Users;

namespace Platform.Domain.Models;

/// <summary>A task's evaluation on its way into the registry; intervals are 95 %.</summary>
public sealed record NewTaskEvaluation(
    Guid TaskId, string Metric, double Score, double Low, double High, double? SingleScore, double? DifferenceLow, double? DifferenceHigh,
    long TestRows, ServedBy ServedBy, GateVerdict Verdict, string Sentence)
{
    /// <inheritdoc cref="TaskEvaluation.PredictionsPath"/>
    public string? PredictionsPath { get; init; }

    /// <inheritdoc cref="TaskEvaluation.SinglePredictionsPath"/>
    public string? SinglePredictionsPath { get; init; }

    /// <inheritdoc cref="TaskEvaluation.Temperature"/>
    public double? Temperature { get; init; }

    /// <inheritdoc cref="TaskEvaluation.ReportPath"/>
    public string? ReportPath { get; init; }

    /// <inheritdoc cref="TaskEvaluation.ReportSha256"/>
    public string? ReportSha256 { get; init; }

    /// <inheritdoc cref="TaskEvaluation.PValue"/>
    public double? PValue { get; init; }

    /// <inheritdoc cref="TaskEvaluation.AdjustedPValue"/>
    public double? AdjustedPValue { get; init; }
}

public sealed record NewModelVersion(
    string BaseModel, string ArtifactPath, string Sha256, int ContextTokens, long SizeBytes, IReadOnlyList<NewTaskEvaluation> Evaluations);

/// <param name="Number">The model version's.</param>
/// <param name="PredictionsPath">Null where it was not kept.</param>
public sealed record VersionEvaluation(int Number, string? PredictionsPath);

/// <summary>A version in a list.</summary>
/// <param name="Verdicts">How many of its tasks the gate judged how.</param>
public sealed record ModelSummary(
    Guid Id, int Number, ModelVersionStatus Status, int RunNumber, long SizeBytes, DateTimeOffset CreatedAt, IReadOnlyDictionary<GateVerdict, int> Verdicts)
{
    public int Tasks => Verdicts.Values.Sum();
}

/// <summary>A task's evaluation by one model version, which comes without its parts.</summary>
public sealed record TaskScore(ModelVersion Version, TaskEvaluation Evaluation);

public static class ModelErrors
{
    public static Error Unknown(object version) => Error.NotFound("model_unknown", $"There is no model version {version}.", "model_version");
}

/// <summary>What runs produced.</summary>
public sealed class ModelRegistry(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>Newest first, with run and evaluations.</summary>
    public async Task<IReadOnlyList<ModelVersion>> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await WithParts(context).OrderByDescending(version => version.Number).ToListAsync(cancellationToken);
    }

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<ModelSummary>> SummariseAsync(int skip, int take, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var versions = await context.ModelVersions.OrderByDescending(version => version.Number).Skip(skip).Take(take)
            .Select(version => new { version.Id, version.Number, version.Status, Run = version.Run!.Number, version.SizeBytes, version.CreatedAt }).ToListAsync(cancellationToken);
        var shown = versions.Select(version => version.Id).ToList();
        var verdicts = (await context.TaskEvaluations.Where(evaluation => shown.Contains(evaluation.ModelVersionId))
            .GroupBy(evaluation => new { evaluation.ModelVersionId, evaluation.Verdict })
            .Select(group => new { group.Key.ModelVersionId, group.Key.Verdict, Count = group.Count() }).ToListAsync(cancellationToken)).ToLookup(group => group.ModelVersionId);
        return [.. versions.Select(version => new ModelSummary(
            version.Id, version.Number, version.Status, version.Run, version.SizeBytes, version.CreatedAt,
            verdicts[version.Id].ToDictionary(group => group.Verdict, group => group.Count)))];
    }

    /// <summary>For each task its evaluation by the version that is live, else by the newest that knows it. Tasks that no version knows are absent.</summary>
    public async Task<IReadOnlyDictionary<Guid, TaskScore>> CurrentScoresAsync(IReadOnlyCollection<Guid> taskIds, Guid? liveVersionId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var known = context.TaskEvaluations.AsNoTracking().Where(evaluation => taskIds.Contains(evaluation.TaskId))
            .Join(context.ModelVersions, evaluation => evaluation.ModelVersionId, version => version.Id, (evaluation, version) => new { Evaluation = evaluation, Version = version });
        var newest = await known.GroupBy(one => one.Evaluation.TaskId).Select(group => new { TaskId = group.Key, Number = group.Max(one => one.Version.Number) })
            .ToDictionaryAsync(one => one.TaskId, one => one.Number, cancellationToken);
        var wanted = newest.Values.Distinct().ToList();
        var scores = (await known.Where(one => one.Version.Id == liveVersionId || wanted.Contains(one.Version.Number))
            .Select(one => new TaskScore(one.Version, one.Evaluation)).ToListAsync(cancellationToken))
            .Where(score => score.Version.Id == liveVersionId || score.Version.Number == newest[score.Evaluation.TaskId]);
        return scores.GroupBy(score => score.Evaluation.TaskId).ToDictionary(group => group.Key, group => group.FirstOrDefault(score => score.Version.Id == liveVersionId) ?? group.First());
    }

    /// <summary>A task's evaluations by all versions, newest first.</summary>
    public async Task<IReadOnlyList<TaskScore>> ScoresAsync(Guid taskId, int take, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.TaskEvaluations.AsNoTracking().Where(evaluation => evaluation.TaskId == taskId)
            .Join(context.ModelVersions, evaluation => evaluation.ModelVersionId, version => version.Id, (evaluation, version) => new { evaluation, version })
            .OrderByDescending(one => one.version.Number).Take(take).Select(one => new TaskScore(one.version, one.evaluation)).ToListAsync(cancellationToken);
    }

    /// <summary>What a run produced, with its evaluations; null while it has produced nothing.</summary>
    public async Task<ModelVersion?> FindOfRunAsync(Guid runId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.ModelVersions.AsNoTracking().Include(version => version.Evaluations).SingleOrDefaultAsync(version => version.RunId == runId, cancellationToken);
    }

    public async Task<Result<ModelVersion>> FindAsync(int number, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var version = await WithParts(context).SingleOrDefaultAsync(found => found.Number == number, cancellationToken);
        return version is null ? ModelErrors.Unknown(number) : version;
    }

    /// <summary>Number of the run that produced a version; null when there is no such version.</summary>
    public async Task<int?> FindRunOfAsync(int number, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.ModelVersions.Where(version => version.Number == number).Select(version => (int?)version.Run!.Number).SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>A task's evaluations in all versions, the newest first.</summary>
    public async Task<IReadOnlyList<VersionEvaluation>> EvaluationsOfAsync(Guid taskId, int take, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.TaskEvaluations.AsNoTracking().Where(evaluation => evaluation.TaskId == taskId)
            .Join(context.ModelVersions, evaluation => evaluation.ModelVersionId, version => version.Id, (evaluation, version) => new { version.Number, evaluation.PredictionsPath })
            .OrderByDescending(found => found.Number).Take(take)
            .Select(found => new VersionEvaluation(found.Number, found.PredictionsPath)).ToListAsync(cancellationToken);
    }

    /// <summary>
    /// In one transaction: the version, its evaluations, the Register step's end and the run's success. Safe to repeat: a run has
    /// one model version, and a second call answers with it.
    /// </summary>
    public async Task<Result<ModelVersion>> RegisterAsync(Claim claim, Guid registerStepId, NewModelVersion added, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        if (!await WorkClaims.HoldAsync<FineTuningRun>(context, claim, clock, cancellationToken))
            return ClaimErrors.Lost(claim);
        var known = await WithParts(context).SingleOrDefaultAsync(version => version.RunId == claim.EntityId, cancellationToken);
        if (known is not null)
            return known;

        var now = clock.GetUtcNow();
        var number = await context.ModelVersions.NextAsync(version => version.Number, cancellationToken);
        var registered = NewVersion(claim.EntityId, number, added, now);
        context.ModelVersions.Add(registered);
        var step = await context.RunSteps.SingleAsync(found => found.Id == registerStepId && found.RunId == claim.EntityId, cancellationToken);
        step.Complete(null, now);
        var run = await context.Runs.SingleAsync(found => found.Id == claim.EntityId, cancellationToken);
        run.Succeed(registered.Id, now);
        context.RunEvents.Add(new RunEvent { RunId = run.Id, At = now, Severity = RunEventSeverity.Note, Message = $"Model version {number} was registered." });
        AuditTrail.Add(context, now, Actor.System($"run {run.Number}"), "model.registered", nameof(ModelVersion), registered.Id,
            after: new { registered.Number, registered.Sha256, registered.SizeBytes, added.Evaluations });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return registered;
    }

    private static ModelVersion NewVersion(Guid runId, int number, NewModelVersion added, DateTimeOffset now)
    {
        var version = new ModelVersion
        {
            Number = number,
            RunId = runId,
            BaseModel = added.BaseModel,
            ArtifactPath = added.ArtifactPath,
            Sha256 = added.Sha256,
            ContextTokens = added.ContextTokens,
            SizeBytes = added.SizeBytes,
            CreatedAt = now,
        };
        version.Evaluations.AddRange(added.Evaluations.Select(evaluation => new TaskEvaluation
        {
            ModelVersionId = version.Id,
            TaskId = evaluation.TaskId,
            Metric = evaluation.Metric,
            Score = evaluation.Score,
            Low = evaluation.Low,
            High = evaluation.High,
            SingleScore = evaluation.SingleScore,
            DifferenceLow = evaluation.DifferenceLow,
            DifferenceHigh = evaluation.DifferenceHigh,
            TestRows = evaluation.TestRows,
            ServedBy = evaluation.ServedBy,
            Verdict = evaluation.Verdict,
            Sentence = evaluation.Sentence,
            PredictionsPath = evaluation.PredictionsPath,
            SinglePredictionsPath = evaluation.SinglePredictionsPath,
            Temperature = evaluation.Temperature,
            ReportPath = evaluation.ReportPath,
            ReportSha256 = evaluation.ReportSha256,
            PValue = evaluation.PValue,
            AdjustedPValue = evaluation.AdjustedPValue,
        }));
        return version;
    }

    private static IQueryable<ModelVersion> WithParts(PlatformDbContext context) => context.ModelVersions.AsNoTracking().AsSplitQuery()
        .Include(version => version.Run)
        .Include(version => version.Evaluations).ThenInclude(evaluation => evaluation.Task);
}
