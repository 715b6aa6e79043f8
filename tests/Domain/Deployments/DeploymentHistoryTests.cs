using Platform.Domain.Deployments;

namespace Platform.Domain.Tests.Deployments;

public sealed class DeploymentHistoryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ListAsync_StatusAndTask_FindOnlyWhatTheActorMayAskFor()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (mine, theirs) = (await database.AddTeamAsync("mine"), await database.AddTeamAsync("theirs"));
        var (own, other) = (await database.AddReadyTaskAsync(mine, "own"), await database.AddReadyTaskAsync(theirs, "other"));
        await database.ApproveAsync(await database.AddModelAsync(own));
        await database.Get<DeploymentApproval>().RequestAsync(TestWorld.Admin, (await database.AddModelAsync(other)).Id, Cancellation);
        var history = database.Get<DeploymentHistory>();
        var member = TestWorld.MemberOf(mine);

        Assert.Equal([2, 1], await NumbersAsync(new DeploymentFilter()));
        Assert.Equal([2], await NumbersAsync(new DeploymentFilter(DeploymentStatus.Requested)));
        Assert.Equal([1], await NumbersAsync(new DeploymentFilter(Task: "own")));
        Assert.Empty(await NumbersAsync(new DeploymentFilter(Task: "other")));
        Assert.Empty(await NumbersAsync(new DeploymentFilter(DeploymentStatus.Requested, "own")));
        Assert.Equal(2, (await history.ListAsync(TestWorld.Admin, new DeploymentFilter(Task: "other"), Cancellation)).Deployments.Single().Number);
        var page = await history.ListAsync(member, new DeploymentFilter(Skip: 1, Take: 1), Cancellation);
        Assert.Equal((1, 2), (page.Deployments.Single().Number, page.Total));

        async Task<IEnumerable<int>> NumbersAsync(DeploymentFilter filter) => (await history.ListAsync(member, filter, Cancellation)).Deployments.Select(deployment => deployment.Number);
    }
}
