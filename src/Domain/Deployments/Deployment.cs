using System.Linq.Expressions;
using Platform.Domain.Claims;
using Platform.Domain.Models;
using Platform.Domain.Users;

namespace Platform.Domain.Deployments;

public enum DeploymentStatus
{
    Requested,
    Approved,
    Rejected,
    Deploying,

    /// <summary>In memory beside what is live, for a share of the requests (canary) or copies of them (shadow).</summary>
    Trial,
    Live,
    Retired,
    Failed,
}

/// <summary>A model version's way into production. Jobs verifies the artifacts (Approved → Deploying), the Api loads (Deploying → Live).</summary>
public sealed class Deployment : IClaimable<Deployment>
{
    public static Expression<Func<Deployment, bool>> HasWork { get; } =
        deployment => deployment.Status == DeploymentStatus.Approved || deployment.Status == DeploymentStatus.Deploying;

    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>1, 2, 3 ...: what people see.</summary>
    public required int Number { get; init; }

    public required Guid ModelVersionId { get; init; }

    public ModelVersion? ModelVersion { get; init; }

    public DeploymentStatus Status { get; private set; } = DeploymentStatus.Requested;

    public Guid? RequestedById { get; init; }

    public required string RequestedByName { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    public Guid? DecidedById { get; private set; }

    public string? DecidedByName { get; private set; }

    public DateTimeOffset? DecidedAt { get; private set; }

    public string? Reason { get; private set; }

    /// <summary>What the decision was taken on: scores, data hashes, recipe. Frozen with it.</summary>
    public string? EvidenceJson { get; private set; }

    public string? EvidenceSha256 { get; private set; }

    public RolloutMode RolloutMode { get; private set; } = RolloutMode.Full;

    public int TrialPercent { get; private set; } = 100;

    public IReadOnlyList<TaskShare> TrialTasks { get; private set; } = [];

    /// <summary>Name of the engine outside the platform that serves it; null for the Api's own.</summary>
    public string? Upstream { get; private set; }

    public RolloutPlan Plan => new(RolloutMode, TrialPercent, TrialTasks);

    /// <summary>What proves that the served model answers as the evaluated one, alone and in batches; written when the Api loads it.</summary>
    public string? CertificateJson { get; private set; }

    public string? CertificateSha256 { get; private set; }

    public DateTimeOffset? TrialAt { get; private set; }

    public DateTimeOffset? ActivatedAt { get; private set; }

    /// <summary>What was live when this one first went live: the target of its roll-back.</summary>
    public Guid? ReplacedId { get; private set; }

    public DateTimeOffset? RetiredAt { get; private set; }

    public string? Error { get; private set; }

    public string? ClaimOwner { get; private set; }

    public long ClaimFence { get; private set; }

    public DateTimeOffset? HeartbeatAt { get; private set; }

    internal void Decide(bool approve, Actor decider, string reason, string evidenceJson, string evidenceSha256, DateTimeOffset at)
    {
        Require(DeploymentStatus.Requested);
        Status = approve ? DeploymentStatus.Approved : DeploymentStatus.Rejected;
        DecidedById = decider.UserId;
        DecidedByName = decider.Name;
        DecidedAt = at;
        Reason = reason;
        EvidenceJson = evidenceJson;
        EvidenceSha256 = evidenceSha256;
    }

    internal void BeginDeploying()
    {
        Require(DeploymentStatus.Approved, DeploymentStatus.Deploying);
        Status = DeploymentStatus.Deploying;
    }

    /// <param name="upstream">Null for the Api's own engine.</param>
    internal void ServeBy(string? upstream)
    {
        Require(DeploymentStatus.Requested);
        Upstream = upstream;
    }

    internal void Allot(RolloutPlan plan)
    {
        Require(DeploymentStatus.Requested, DeploymentStatus.Approved, DeploymentStatus.Trial);
        RolloutMode = plan.Mode;
        TrialPercent = plan.Percent;
        TrialTasks = plan.Tasks;
    }

    internal void Certify(string json, string sha256) => (CertificateJson, CertificateSha256) = (json, sha256);

    internal void BeginTrial(DateTimeOffset at)
    {
        Require(DeploymentStatus.Deploying);
        Status = DeploymentStatus.Trial;
        TrialAt = at;
    }

    /// <param name="replaced">What was live until now.</param>
    internal void Activate(DateTimeOffset at, Guid? replaced)
    {
        Require(DeploymentStatus.Deploying, DeploymentStatus.Trial);

        // One that comes back by a roll-back keeps its own predecessor: rolling back twice goes two versions back.
        if (ActivatedAt is null)
            ReplacedId = replaced;
        Status = DeploymentStatus.Live;
        ActivatedAt = at;
        RetiredAt = null;
    }

    internal void Retire(DateTimeOffset at)
    {
        Require(DeploymentStatus.Live, DeploymentStatus.Trial);
        Status = DeploymentStatus.Retired;
        RetiredAt = at;
    }

    /// <summary>Brings one that was live before back: the Api loads it again, and only then replaces what is live.</summary>
    internal void Reinstate()
    {
        Require(DeploymentStatus.Retired);
        Status = DeploymentStatus.Deploying;
        (RolloutMode, TrialPercent, TrialTasks) = (RolloutMode.Full, 100, []);
        Error = null;
    }

    internal void Fail(string error)
    {
        Require(DeploymentStatus.Approved, DeploymentStatus.Deploying);
        Status = DeploymentStatus.Failed;
        Error = error;
    }

    /// <summary>Ends the claim together with the change that it was taken for.</summary>
    internal void LetGo()
    {
        ClaimOwner = null;
        HeartbeatAt = null;
    }

    private void Require(params ReadOnlySpan<DeploymentStatus> allowed)
    {
        if (!allowed.Contains(Status))
            throw new InvalidOperationException($"Deployment {Number} is {Status}, which does not allow this.");
    }
}
