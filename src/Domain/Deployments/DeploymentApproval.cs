using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Platform.Domain.Audit;
using Platform.Domain.Models;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Upstreams;
using Platform.Domain.Users;

namespace Platform.Domain.Deployments;

/// <summary>What an admin saw and accepts in approving; nothing of it happens in silence.</summary>
/// <param name="GateFailures">Some task loses more than it tolerates.</param>
/// <param name="MissingSignOffs">Some owning team has declined, or not said anything.</param>
public sealed record Acceptance(bool GateFailures = false, bool MissingSignOffs = false)
{
    public static Acceptance Nothing { get; } = new();
}

/// <summary>Asking for a model version to go live, and deciding on it.</summary>
public sealed class DeploymentApproval(IDbContextFactory<PlatformDbContext> contexts, IOptions<UpstreamCatalog> upstreams, TimeProvider clock)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Newest first, with the model version and its evaluations.</summary>
    public async Task<IReadOnlyList<Deployment>> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await WithParts(context).AsNoTracking().OrderByDescending(deployment => deployment.Number).ToListAsync(cancellationToken);
    }

    /// <summary>What nobody decided yet, oldest first, with the model version.</summary>
    public async Task<IReadOnlyList<Deployment>> ListRequestedAsync(int take, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Deployments.AsNoTracking().Include(deployment => deployment.ModelVersion).Where(deployment => deployment.Status == DeploymentStatus.Requested)
            .OrderBy(deployment => deployment.Number).Take(take).ToListAsync(cancellationToken);
    }

    /// <summary>All of a model version's, newest first, without the version's parts.</summary>
    public async Task<IReadOnlyList<Deployment>> ListOfAsync(Guid modelVersionId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Deployments.AsNoTracking().Where(deployment => deployment.ModelVersionId == modelVersionId)
            .OrderByDescending(deployment => deployment.Number).ToListAsync(cancellationToken);
    }

    /// <summary>Differs whenever the deployment, its sign-offs or what is live do; for one on trial, whose figures grow with every request, always.</summary>
    public async Task<object?> StampAsync(int number, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Deployments.Where(deployment => deployment.Number == number && deployment.Status != DeploymentStatus.Trial).Select(deployment => new
        {
            deployment.Status, deployment.DecidedAt, deployment.ActivatedAt, deployment.RetiredAt, deployment.CertificateSha256, deployment.Error,
            SignOffs = context.TaskSignOffs.Count(signed => signed.DeploymentId == deployment.Id),
            SignedAt = context.TaskSignOffs.Where(signed => signed.DeploymentId == deployment.Id).Max(signed => (DateTimeOffset?)signed.SignedAt),
            Live = context.Deployments.Where(live => live.Status == DeploymentStatus.Live).Select(live => (Guid?)live.Id).FirstOrDefault(),
        }).SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<Result<Deployment>> FindAsync(int number, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var deployment = await WithParts(context).AsNoTracking().SingleOrDefaultAsync(found => found.Number == number, cancellationToken);
        return deployment is null ? DeploymentErrors.Unknown(number) : deployment;
    }

    public async Task<Result<Deployment>> RequestAsync(Actor actor, Guid modelVersionId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var version = await context.ModelVersions.SingleOrDefaultAsync(found => found.Id == modelVersionId, cancellationToken);
        if (version is null)
            return ModelErrors.Unknown(modelVersionId);
        var open = await context.Deployments.OrderByDescending(found => found.Number).FirstOrDefaultAsync(
            found => found.ModelVersionId == modelVersionId
                && (found.Status == DeploymentStatus.Requested || found.Status == DeploymentStatus.Approved
                    || found.Status == DeploymentStatus.Deploying || found.Status == DeploymentStatus.Trial || found.Status == DeploymentStatus.Live), cancellationToken);
        if (open is not null)
            return DeploymentErrors.InProgress(open);

        var deployment = new Deployment
        {
            Number = await context.Deployments.NextAsync(found => found.Number, cancellationToken),
            ModelVersionId = modelVersionId,
            RequestedById = actor.UserId,
            RequestedByName = actor.Name,
            RequestedAt = clock.GetUtcNow(),
        };
        context.Deployments.Add(deployment);
        AuditTrail.Add(context, deployment.RequestedAt, actor, "deployment.requested", nameof(Deployment), deployment.Id,
            after: new { deployment.Number, ModelVersion = version.Number });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return deployment;
    }

    /// <param name="accepted">What the admin saw and wants live all the same.</param>
    /// <param name="plan">The traffic that it gets: all of it, or a share or copies beside what is live.</param>
    /// <param name="upstream">Name in the settings of the engine outside the platform that serves it; null for the Api's own.</param>
    public Task<Result<Deployment>> ApproveAsync(
        Actor actor, Guid deploymentId, string reason, Acceptance accepted, RolloutPlan plan, string? upstream, CancellationToken cancellationToken) =>
        DecideAsync(actor, deploymentId, plan, upstream, reason, accepted, cancellationToken);

    public Task<Result<Deployment>> RejectAsync(Actor actor, Guid deploymentId, string reason, CancellationToken cancellationToken) =>
        DecideAsync(actor, deploymentId, null, null, reason, Acceptance.Nothing, cancellationToken);

    /// <param name="plan">Null to reject.</param>
    private async Task<Result<Deployment>> DecideAsync(
        Actor actor, Guid deploymentId, RolloutPlan? plan, string? upstream, string reason, Acceptance accepted, CancellationToken cancellationToken)
    {
        var approve = plan is not null;
        if (actor.RefuseUnlessAdmin("decide on a deployment") is { } refusal)
            return refusal;
        if (string.IsNullOrWhiteSpace(reason))
            return DeploymentErrors.ReasonMissing();
        if (upstream is not null && !upstreams.Value.Engines.ContainsKey(upstream))
            return DeploymentErrors.UpstreamUnknown(upstream, upstreams.Value.Engines.Keys);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var deployment = await WithParts(context).SingleOrDefaultAsync(found => found.Id == deploymentId, cancellationToken);
        if (deployment is null)
            return DeploymentErrors.Unknown(deploymentId);
        if (deployment.Status != DeploymentStatus.Requested)
            return DeploymentErrors.NotRequested(deployment);
        if (actor.IsSameAs(deployment.RequestedById, deployment.RequestedByName))
            return DeploymentErrors.OwnRequest();
        var failed = deployment.ModelVersion!.Evaluations.Where(evaluation => evaluation.Verdict == GateVerdict.Fail).Select(evaluation => evaluation.Task!.Name).Order().ToList();
        if (approve && failed.Count > 0 && !accepted.GateFailures)
            return DeploymentErrors.GateFailed(failed);
        var signOffs = await SignOffs.LinesAsync(context, deploymentId, cancellationToken);
        List<string> unsigned = [.. signOffs.Where(line => line.IsMissing).Select(line => line.Task.Name)];
        if (approve && unsigned.Count > 0 && !accepted.MissingSignOffs)
            return SignOffErrors.Missing(unsigned);
        if (plan is not null && await CheckAsync(context, deployment, plan, cancellationToken) is { IsFailure: true } unfit)
            return Result.Failure<Deployment>(unfit.Errors);

        var now = clock.GetUtcNow();
        var evidence = await EvidenceAsync(context, deployment.ModelVersion, approve && failed.Count > 0, signOffs, cancellationToken);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(evidence)));
        if (plan is not null)
            deployment.Allot(plan);
        deployment.ServeBy(upstream);
        deployment.Decide(approve, actor, reason.Trim(), evidence, hash, now);
        AuditTrail.Add(context, now, actor, approve ? "deployment.approved" : "deployment.rejected", nameof(Deployment), deployment.Id,
            new { Status = DeploymentStatus.Requested }, new { deployment.Status, EvidenceSha256 = hash, AcceptedGateFailures = approve ? failed : [], AcceptedMissingSignOffs = approve ? unsigned : [], Rollout = plan, Upstream = upstream }, reason.Trim());
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return deployment;
    }

    /// <summary>At most one is on trial at a time, and a trial needs something beside it.</summary>
    private static async Task<Result> CheckAsync(PlatformDbContext context, Deployment deployment, RolloutPlan plan, CancellationToken cancellationToken)
    {
        var others = await context.Deployments.Where(found => found.Status == DeploymentStatus.Live || found.Status == DeploymentStatus.Trial).ToListAsync(cancellationToken);
        if (others.FirstOrDefault(found => found.Status == DeploymentStatus.Trial) is { } trial)
            return DeploymentErrors.TrialInProgress(trial);
        if (plan.Mode != RolloutMode.Full && others.Count == 0)
            return DeploymentErrors.NothingLive();
        return plan.Check(deployment.ModelVersion!.Evaluations.Select(evaluation => evaluation.TaskId).ToHashSet());
    }

    /// <summary>Scores, data hashes and recipe as they are now.</summary>
    private static async Task<string> EvidenceAsync(PlatformDbContext context, ModelVersion version, bool gateFailuresAccepted, IReadOnlyList<SignOffLine> signOffs, CancellationToken cancellationToken)
    {
        var run = await context.Runs.AsNoTracking().SingleAsync(found => found.Id == version.RunId, cancellationToken);
        var data = await context.RunTasks.AsNoTracking().Where(task => task.RunId == version.RunId).OrderBy(task => task.Task!.Name)
            .Select(task => new { Task = task.Task!.Name, task.DatasetVersion!.Number, task.DatasetVersion.Sha256, task.Decision, task.Reason })
            .ToListAsync(cancellationToken);
        return JsonSerializer.Serialize(new
        {
            ModelVersion = version.Number,
            version.Sha256,
            Run = run.Number,
            run.BaseModel,
            Recipe = JsonDocument.Parse(run.RecipeJson).RootElement,
            Data = data,
            Scores = version.Evaluations.OrderBy(evaluation => evaluation.Task!.Name, StringComparer.Ordinal).Select(evaluation => new
            {
                Task = evaluation.Task!.Name,
                evaluation.Metric,
                evaluation.Score,
                evaluation.Low,
                evaluation.High,
                evaluation.SingleScore,
                evaluation.DifferenceLow,
                evaluation.DifferenceHigh,
                evaluation.TestRows,
                evaluation.ServedBy,
                evaluation.Verdict,
                evaluation.Sentence,
                evaluation.AdjustedPValue,
                evaluation.ReportSha256,
            }),
            GateFailuresAccepted = gateFailuresAccepted,
            SignOffs = signOffs.Select(line => new { Task = line.Task.Name, line.Status, By = line.SignOff?.SignedByName, At = line.SignOff?.SignedAt, line.SignOff?.Reason }),
        }, Json);
    }

    private static IQueryable<Deployment> WithParts(PlatformDbContext context) => context.Deployments.AsSplitQuery()
        .Include(deployment => deployment.ModelVersion!).ThenInclude(version => version.Evaluations).ThenInclude(evaluation => evaluation.Task);
}
