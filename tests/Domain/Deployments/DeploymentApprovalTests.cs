using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Claims;
using Platform.Domain.Deployments;
using Platform.Domain.Models;

namespace Platform.Domain.Tests.Deployments;

public sealed class DeploymentApprovalTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<(TestDatabase Database, ModelVersion Version)> WithModelAsync(GateVerdict verdict = GateVerdict.Pass)
    {
        var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "hotel-sentiment");
        return (database, await database.AddModelAsync(task, verdict));
    }

    [Fact]
    public async Task ApproveAsync_ByTheRequester_IsRefused()
    {
        var (database, version) = await WithModelAsync();
        await using var _ = database;
        var approval = database.Get<DeploymentApproval>();
        var requested = (await approval.RequestAsync(TestWorld.Admin, version.Id, Cancellation)).Value;

        var result = await approval.ApproveAsync(TestWorld.Admin, requested.Id, "I want it.", Acceptance.Nothing, RolloutPlan.Full, upstream: null, Cancellation);

        Assert.Equal("deployment_own_request", result.Error.Code);
    }

    [Fact]
    public async Task ApproveAsync_ByAMemberOrWithoutReason_IsRefused()
    {
        var (database, version) = await WithModelAsync();
        await using var _ = database;
        var approval = database.Get<DeploymentApproval>();
        var requested = (await approval.RequestAsync(TestWorld.Admin, version.Id, Cancellation)).Value;

        Assert.Equal("admin_only", (await approval.ApproveAsync(TestWorld.MemberOf(), requested.Id, "x", Acceptance.Nothing, RolloutPlan.Full, upstream: null, Cancellation)).Error.Code);
        Assert.Equal("deployment_reason_missing", (await approval.ApproveAsync(TestWorld.SecondAdmin, requested.Id, " ", Acceptance.Nothing, RolloutPlan.Full, upstream: null, Cancellation)).Error.Code);
    }

    [Fact]
    public async Task ApproveAsync_FreezesTheEvidenceAndItsHash()
    {
        var (database, version) = await WithModelAsync();
        await using var _ = database;

        var approved = await database.ApproveAsync(version);

        Assert.Equal(DeploymentStatus.Approved, approved.Status);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(approved.EvidenceJson!))), approved.EvidenceSha256);
        Assert.Contains("hotel-sentiment", approved.EvidenceJson, StringComparison.Ordinal);
        Assert.Contains("examplesBudget", approved.EvidenceJson, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAuditAsync("deployment.approved"));
        Assert.Equal("deployment_decided", (await database.Get<DeploymentApproval>().RejectAsync(TestWorld.SecondAdmin, approved.Id, "No.", Cancellation)).Error.Code);
    }

    [Fact]
    public async Task ApproveAsync_FailedGate_NeedsTheExplicitWish()
    {
        var (database, version) = await WithModelAsync(GateVerdict.Fail);
        await using var _ = database;
        var approval = database.Get<DeploymentApproval>();
        var requested = (await approval.RequestAsync(TestWorld.Admin, version.Id, Cancellation)).Value;

        var refused = await approval.ApproveAsync(TestWorld.SecondAdmin, requested.Id, "Go.", Acceptance.Nothing, RolloutPlan.Full, upstream: null, Cancellation);
        var accepted = await approval.ApproveAsync(TestWorld.SecondAdmin, requested.Id, "Go.", new Acceptance(GateFailures: true), RolloutPlan.Full, upstream: null, Cancellation);

        Assert.Equal("deployment_gate_failed", refused.Error.Code);
        Assert.Contains("hotel-sentiment", refused.Error.Message, StringComparison.Ordinal);
        Assert.True(accepted.IsSuccess);
        Assert.Contains("\"gateFailuresAccepted\":true", accepted.Value.EvidenceJson, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RequestAsync_WhileOneIsOpen_IsRefused()
    {
        var (database, version) = await WithModelAsync();
        await using var _ = database;
        var approval = database.Get<DeploymentApproval>();
        await approval.RequestAsync(TestWorld.Admin, version.Id, Cancellation);

        Assert.Equal("deployment_in_progress", (await approval.RequestAsync(TestWorld.Admin, version.Id, Cancellation)).Error.Code);
    }

    [Fact]
    public async Task ActivateAsync_TwoAtOnce_LeavesExactlyOneLive()
    {
        var (database, first) = await WithModelAsync();
        await using var _ = database;
        var task = (await database.Get<Domain.Tasks.TaskCatalog>().FindAsync(TestWorld.Admin, "hotel-sentiment", Cancellation)).Value;
        List<Claim> claims = [];
        foreach (var version in new[] { first, await database.AddModelAsync(task), await database.AddModelAsync(task), await database.AddModelAsync(task) })
            claims.Add(await database.BeginDeployingAsync((await database.ApproveAsync(version)).Id));
        var rollout = database.Get<DeploymentRollout>();

        var results = await Task.WhenAll(claims.Select(claim => Task.Run(() => rollout.ActivateAsync(claim, TestWorld.Admin, null, Cancellation), Cancellation)));

        Assert.All(results, result => Assert.True(result.IsSuccess));
        await using var context = database.Open();
        Assert.Equal(1, await context.Deployments.CountAsync(row => row.Status == DeploymentStatus.Live, Cancellation));
        Assert.Equal(3, await context.Deployments.CountAsync(row => row.Status == DeploymentStatus.Retired && row.RetiredAt != null, Cancellation));
        Assert.NotNull(await rollout.FindLiveAsync(Cancellation));
    }

    [Fact]
    public async Task Database_SecondLiveRow_IsRefusedByTheIndexItself()
    {
        var (database, version) = await WithModelAsync();
        await using var _ = database;
        await using var context = database.Open();
        for (var number = 1; number <= 2; number++)
            context.Deployments.Add(new Deployment { Number = number, ModelVersionId = version.Id, RequestedByName = "x", RequestedAt = database.Clock.Now });
        await context.SaveChangesAsync(Cancellation);

        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() =>
            context.Deployments.ExecuteUpdateAsync(set => set.SetProperty(row => row.Status, DeploymentStatus.Live), Cancellation));
    }

    [Fact]
    public async Task FailAsync_WhileOneIsLive_KeepsItLive()
    {
        var (database, version) = await WithModelAsync();
        await using var _ = database;
        var rollout = database.Get<DeploymentRollout>();
        var live = await database.ApproveAsync(version);
        await rollout.ActivateAsync(await database.BeginDeployingAsync(live.Id), TestWorld.Admin, null, Cancellation);
        var task = (await database.Get<Domain.Tasks.TaskCatalog>().FindAsync(TestWorld.Admin, "hotel-sentiment", Cancellation)).Value;
        var next = await database.ApproveAsync(await database.AddModelAsync(task));

        Assert.True((await rollout.FailAsync(await database.BeginDeployingAsync(next.Id), TestWorld.Admin, "The model folder is damaged.", Cancellation)).IsSuccess);

        Assert.Equal(live.Id, (await rollout.FindLiveAsync(Cancellation))!.Id);
        Assert.Equal("The model folder is damaged.", (await database.Get<DeploymentApproval>().FindAsync(next.Number, Cancellation)).Value.Error);
    }
}
