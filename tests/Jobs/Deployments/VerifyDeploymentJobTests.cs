using Platform.Domain.Artifacts;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Users;
using Platform.Jobs.Deployments;

namespace Platform.Jobs.Tests.Deployments;

public sealed class VerifyDeploymentJobTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<(Deployment Deployment, string Folder)> ApproveAsync(JobsWorld world)
    {
        var run = await world.PlanAsync(
            await world.ImportReadyAsync(TinyTasks.All.Take(1)), JobsWorld.UnfilteredRecipe with { ExamplesBudget = 16, Stage2 = new() { Share = 0 } });
        await world.ExecuteAsync(run);
        var version = Assert.Single(await world.Get<ModelRegistry>().ListAsync(Cancellation));
        var requested = (await world.Get<DeploymentApproval>().RequestAsync(JobsWorld.Admin, version.Id, Cancellation)).Value;
        var approved = await world.Get<DeploymentApproval>().ApproveAsync(Actor.System("second admin"), requested.Id, "Good.", new Acceptance(GateFailures: true), RolloutPlan.Full, upstream: null, Cancellation);
        return (approved.Value, world.Get<ArtifactStore>().FullPath(version.ArtifactPath));
    }

    private static async Task<Deployment> VerifyAsync(JobsWorld world, Deployment deployment)
    {
        await world.JobAsync<VerifyDeploymentJob>(job => job.RunAsync(deployment.Id, Cancellation));
        return (await world.Get<DeploymentApproval>().FindAsync(deployment.Number, Cancellation)).Value;
    }

    [Fact]
    public async Task RunAsync_ArtifactsAsRegistered_MovesToDeployingOnce()
    {
        await using var world = await JobsWorld.CreateAsync();
        var (approved, _) = await ApproveAsync(world);

        var deploying = await VerifyAsync(world, approved);
        var again = await VerifyAsync(world, approved);

        Assert.Equal(DeploymentStatus.Deploying, deploying.Status);
        Assert.Null(deploying.ClaimOwner);
        Assert.Equal(DeploymentStatus.Deploying, again.Status);
    }

    [Fact]
    public async Task RunAsync_OneByteChanged_FailsAndNamesTheArtifact()
    {
        await using var world = await JobsWorld.CreateAsync();
        var (approved, folder) = await ApproveAsync(world);
        var weights = Path.Combine(folder, "model.safetensors");
        var bytes = await File.ReadAllBytesAsync(weights, Cancellation);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(weights, bytes, Cancellation);

        var failed = await VerifyAsync(world, approved);

        Assert.Equal(DeploymentStatus.Failed, failed.Status);
        Assert.Contains("SHA-256", failed.Error);
    }
}
