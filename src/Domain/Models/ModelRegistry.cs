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

    public async Task<Result<ModelVersion>> FindAsync(int number, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var version = await WithParts(context).SingleOrDefaultAsync(found => found.Number == number, cancellationToken);
        return version is null ? ModelErrors.Unknown(number) : version;
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
