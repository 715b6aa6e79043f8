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

    public DateTimeOffset? ActivatedAt { get; private set; }

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

    internal void Activate(DateTimeOffset at)
    {
        Require(DeploymentStatus.Deploying);
        Status = DeploymentStatus.Live;
        ActivatedAt = at;
    }

    internal void Retire(DateTimeOffset at)
    {
        Require(DeploymentStatus.Live);
        Status = DeploymentStatus.Retired;
        RetiredAt = at;
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
