using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Deployments;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;

namespace Platform.Domain.Tests.Claims;

public sealed class WorkClaimsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<Guid> QueueRunAsync(TestDatabase database)
    {
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "hotel-sentiment");
        return (await database.Get<RunPlanning>().PlanAsync(TestWorld.Admin, new RunRequest(null, [task.Id], new Recipe(), "base"), Cancellation)).Value.Id;
    }

    [Fact]
    public async Task TryClaimAsync_32AtOnce_OneWins()
    {
        await using var database = await TestDatabase.CreateAsync();
        var run = await QueueRunAsync(database);
        var claims = database.Get<WorkClaims>();

        var won = await Task.WhenAll(Enumerable.Range(0, 32).Select(index =>
            Task.Run(() => claims.TryClaimAsync<FineTuningRun>(run, $"worker-{index}", Cancellation), Cancellation)));

        var claim = Assert.Single(won, claim => claim is not null);
        Assert.Equal(1, claim!.Fence);
        Assert.Empty(await claims.FindUnclaimedAsync<FineTuningRun>(null, Cancellation));
    }

    [Fact]
    public async Task TryClaimAsync_AfterMissedHeartbeats_TakesOverAndTheOldOwnerCanWriteNothing()
    {
        await using var database = await TestDatabase.CreateAsync();
        var run = await QueueRunAsync(database);
        var claims = database.Get<WorkClaims>();
        var journal = database.Get<RunJournal>();
        var old = (await claims.TryClaimAsync<FineTuningRun>(run, "old", Cancellation))!;
        await journal.StartAsync(old, Cancellation);
        database.Clock.Advance(WorkClaims.StaleAfter + TimeSpan.FromSeconds(1));
        Assert.Equal([run], await claims.FindUnclaimedAsync<FineTuningRun>(null, Cancellation));

        var taken = await claims.TryClaimAsync<FineTuningRun>(run, "new", Cancellation);

        Assert.Equal(old.Fence + 1, taken!.Fence);
        Assert.False(await claims.HeartbeatAsync<FineTuningRun>(old, Cancellation));
        Assert.Equal(ClaimErrors.LostCode, (await journal.FailAsync(old, "nothing of this", Cancellation)).Error.Code);
        Assert.Equal(RunStatus.Running, (await journal.LoadAsync(run, Cancellation)).Value.Status);
        await claims.ReleaseAsync<FineTuningRun>(old, Cancellation);
        Assert.True(await claims.HeartbeatAsync<FineTuningRun>(taken, Cancellation));
    }

    [Fact]
    public async Task HeartbeatAsync_InTime_KeepsOthersOut()
    {
        await using var database = await TestDatabase.CreateAsync();
        var run = await QueueRunAsync(database);
        var claims = database.Get<WorkClaims>();
        var claim = (await claims.TryClaimAsync<FineTuningRun>(run, "one", Cancellation))!;

        for (var beat = 0; beat < 5; beat++)
        {
            database.Clock.Advance(WorkClaims.StaleAfter * 0.8);
            Assert.True(await claims.HeartbeatAsync<FineTuningRun>(claim, Cancellation));
        }

        Assert.Null(await claims.TryClaimAsync<FineTuningRun>(run, "two", Cancellation));
    }

    [Fact]
    public async Task ReleaseAsync_LetsTheNextOneInAtOnce()
    {
        await using var database = await TestDatabase.CreateAsync();
        var run = await QueueRunAsync(database);
        var claims = database.Get<WorkClaims>();
        await claims.ReleaseAsync<FineTuningRun>((await claims.TryClaimAsync<FineTuningRun>(run, "one", Cancellation))!, Cancellation);

        Assert.Equal(2, (await claims.TryClaimAsync<FineTuningRun>(run, "two", Cancellation))!.Fence);
    }

    [Fact]
    public async Task TryClaimAsync_FinishedWork_IsNotHandedOut()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "hotel-sentiment");
        var version = (await database.Get<DatasetQueries>().ListAsync(TestWorld.Admin, task.Id, Cancellation)).Single();

        Assert.Equal(DatasetStatus.Ready, version.Status);
        Assert.Null(await database.Get<WorkClaims>().TryClaimAsync<DatasetVersion>(version.Id, "x", Cancellation));
    }

    [Fact]
    public async Task FindUnclaimedAsync_WithAFilter_FindsOnlyThose()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "hotel-sentiment");
        var deployment = await database.ApproveAsync(await database.AddModelAsync(task));
        var claims = database.Get<WorkClaims>();

        Assert.Equal([deployment.Id], await claims.FindUnclaimedAsync<Deployment>(row => row.Status == DeploymentStatus.Approved, Cancellation));
        Assert.Empty(await claims.FindUnclaimedAsync<Deployment>(row => row.Status == DeploymentStatus.Deploying, Cancellation));
    }

    [Theory]
    [InlineData("jobs")]
    [InlineData("a-host-name-so-long-that-the-owner-would-not-fit-into-its-column-if-nobody-cut-it-to-the-length-that-the-column-really-has-in-the-database")]
    public void NewOwner_AnyHost_FitsItsColumnAndIsNeverTheSame(string host)
    {
        var owner = WorkClaims.NewOwner(host);

        Assert.InRange(owner.Length, 1, 128);
        Assert.NotEqual(owner, WorkClaims.NewOwner(host));
    }

    [Fact]
    public async Task ReleaseDeadAsync_OwnerOfThisMachineThatDied_IsFreeAtOnce()
    {
        await using var database = await TestDatabase.CreateAsync();
        var run = await QueueRunAsync(database);
        var claims = database.Get<WorkClaims>();
        await claims.TryClaimAsync<FineTuningRun>(run, (ClaimOwner.New("jobs") with { Unique = new string('0', 32) }).ToString(), Cancellation);

        Assert.Equal([run], await claims.ReleaseDeadAsync<FineTuningRun>(Cancellation));

        Assert.NotNull(await claims.TryClaimAsync<FineTuningRun>(run, WorkClaims.NewOwner("jobs"), Cancellation));
        Assert.Empty(await claims.ReleaseDeadAsync<FineTuningRun>(Cancellation));
    }
}
