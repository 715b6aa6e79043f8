using Microsoft.EntityFrameworkCore;
using Platform.Domain.Claims;
using Platform.Domain.Deployments;
using Platform.Domain.Results;
using Platform.Domain.Tasks;

namespace Platform.Domain.Tests.Deployments;

/// <summary>What may be decided about a deployment on trial and about going back, by whom and when.</summary>
public sealed class DeploymentTrialsTests
{
    private static readonly RolloutPlan Canary = new(RolloutMode.Canary, 10, []);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ApproveAsync_NothingLive_IsRefused()
    {
        await using var world = await WorldAsync();
        var requested = await world.RequestAsync();

        Assert.Equal("rollout_nothing_live", (await world.ApproveAsync(requested, Canary)).Error.Code);
    }

    [Theory]
    [InlineData(-1, "rollout_share_out_of_range")]
    [InlineData(101, "rollout_share_out_of_range")]
    [InlineData(0, "rollout_share_zero")]
    public async Task ApproveAsync_ShareOutOfRange_IsRefused(int percent, string code)
    {
        await using var world = await WorldAsync();
        await world.GoLiveAsync();

        Assert.Equal(code, (await world.ApproveAsync(await world.RequestAsync(), Canary with { Percent = percent })).Error.Code);
    }

    [Fact]
    public async Task ApproveAsync_ShareOfATaskThatIsNotServed_IsRefused()
    {
        await using var world = await WorldAsync();
        await world.GoLiveAsync();

        var plan = Canary with { Tasks = [new TaskShare(Guid.CreateVersion7(), 5)] };

        Assert.Equal("rollout_task_not_served", (await world.ApproveAsync(await world.RequestAsync(), plan)).Error.Code);
    }

    [Fact]
    public async Task Trial_Activated_StandsBesideWhatIsLiveAndKeepsOthersOut()
    {
        await using var world = await WorldAsync();
        var live = await world.GoLiveAsync();
        var trial = await world.GoLiveAsync(Canary);

        var served = await world.Get<DeploymentRollout>().FindServedAsync(Cancellation);

        Assert.Equal((live.Id, trial.Id), (served.Live!.Id, served.Trial!.Id));
        Assert.Equal(10, served.Trial.Plan.ShareOf(world.Task.Id));
        Assert.Equal("rollout_trial_in_progress", (await world.ApproveAsync(await world.RequestAsync(), RolloutPlan.Full)).Error.Code);
        Assert.Equal("rollout_trial_in_progress", (await world.Get<RollBacks>().EverythingAsync(TestWorld.Admin, "Back.", Cancellation)).Error.Code);
    }

    [Fact]
    public async Task ActivateAsync_AnotherIsOnTrialByThen_FailsTheNewcomer()
    {
        await using var world = await WorldAsync();
        await world.GoLiveAsync();
        var approved = await world.RequestAsync();
        await world.ApproveAsync(approved, RolloutPlan.Full);
        await world.GoLiveAsync(Canary);

        await world.Get<DeploymentRollout>().ActivateAsync(await world.Database.BeginDeployingAsync(approved.Id), TestWorld.Admin, null, Cancellation);

        var failed = await world.ReloadAsync(approved);
        Assert.Equal(DeploymentStatus.Failed, failed.Status);
        Assert.Contains("is on trial", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChangeAsync_OtherShares_AreStoredWithTheReason()
    {
        await using var world = await WorldAsync();
        await world.GoLiveAsync();
        var trial = await world.GoLiveAsync(Canary);
        var trials = world.Get<DeploymentTrials>();
        var plan = new RolloutPlan(RolloutMode.Shadow, 0, [new TaskShare(world.Task.Id, 40)]);

        Assert.Equal("admin_only", (await trials.ChangeAsync(TestWorld.MemberOf(), trial.Id, plan, "x", Cancellation)).Error.Code);
        Assert.Equal("deployment_reason_missing", (await trials.ChangeAsync(TestWorld.Admin, trial.Id, plan, " ", Cancellation)).Error.Code);
        Assert.True((await trials.ChangeAsync(TestWorld.Admin, trial.Id, plan, "Look at it first.", Cancellation)).IsSuccess);

        var stored = (await world.ReloadAsync(trial)).Plan;
        Assert.Equal((RolloutMode.Shadow, 0, 40), (stored.Mode, stored.Percent, stored.ShareOf(world.Task.Id)));
        Assert.Equal(1, await world.Database.CountAuditAsync("deployment.trial_changed"));
    }

    [Fact]
    public async Task PromoteAsync_Trial_ReplacesWhatIsLive()
    {
        await using var world = await WorldAsync();
        var live = await world.GoLiveAsync();
        var trial = await world.GoLiveAsync(Canary);

        Assert.True((await world.Get<DeploymentTrials>().PromoteAsync(TestWorld.Admin, trial.Id, "Better.", Cancellation)).IsSuccess);

        Assert.Equal(DeploymentStatus.Retired, (await world.ReloadAsync(live)).Status);
        var promoted = await world.ReloadAsync(trial);
        Assert.Equal((DeploymentStatus.Live, live.Id), (promoted.Status, promoted.ReplacedId!.Value));
        Assert.Equal("deployment_not_on_trial", (await world.Get<DeploymentTrials>().EndAsync(TestWorld.Admin, trial.Id, "x", Cancellation)).Error.Code);
    }

    [Fact]
    public async Task EverythingAsync_TwiceInARow_GoesTwoVersionsBack()
    {
        await using var world = await WorldAsync();
        var first = await world.GoLiveAsync();
        var second = await world.GoLiveAsync();
        await world.GoLiveAsync();
        var rollBacks = world.Get<RollBacks>();

        Assert.Equal(second.Number, (await rollBacks.EverythingAsync(TestWorld.Admin, "Worse.", Cancellation)).Value.Number);
        Assert.Equal("roll_back_in_progress", (await rollBacks.EverythingAsync(TestWorld.Admin, "Worse.", Cancellation)).Error.Code);
        await world.LoadAsync(second);
        Assert.Equal(first.Number, (await rollBacks.EverythingAsync(TestWorld.Admin, "Still worse.", Cancellation)).Value.Number);
        await world.LoadAsync(first);
        Assert.Equal("roll_back_impossible", (await rollBacks.EverythingAsync(TestWorld.Admin, "More.", Cancellation)).Error.Code);
        Assert.Equal(first.Id, (await world.Get<DeploymentRollout>().FindLiveAsync(Cancellation))!.Id);
    }

    [Fact]
    public async Task TaskAsync_EarlierDeployment_PinsTheTaskUntilItIsLifted()
    {
        await using var world = await WorldAsync();
        var rollBacks = world.Get<RollBacks>();
        var first = await world.GoLiveAsync();
        Assert.Equal("roll_back_impossible", (await rollBacks.TaskAsync(TestWorld.Admin, world.Task.Name, null, "Worse.", Cancellation)).Error.Code);
        var second = await world.GoLiveAsync();

        Assert.Equal("admin_only", (await rollBacks.TaskAsync(TestWorld.MemberOf(), world.Task.Name, null, "Worse.", Cancellation)).Error.Code);
        Assert.Equal("task_unknown", (await rollBacks.TaskAsync(TestWorld.Admin, "no-task", null, "Worse.", Cancellation)).Error.Code);
        Assert.Equal("deployment_wrong_status", (await rollBacks.TaskAsync(TestWorld.Admin, world.Task.Name, second.Number, "Worse.", Cancellation)).Error.Code);
        Assert.True((await rollBacks.TaskAsync(TestWorld.Admin, world.Task.Name, null, "Worse.", Cancellation)).IsSuccess);

        Assert.Equal(first.Id, (await world.Get<DeploymentRollout>().FindServedAsync(Cancellation)).Pins[world.Task.Name].Id);
        Assert.Equal(first.Number, Assert.Single(await rollBacks.ListAsync(Cancellation)).Deployment!.Number);
        Assert.True((await rollBacks.LiftAsync(TestWorld.Admin, world.Task.Name, "Mended.", Cancellation)).IsSuccess);
        Assert.Equal("pin_unknown", (await rollBacks.LiftAsync(TestWorld.Admin, world.Task.Name, "Mended.", Cancellation)).Error.Code);
        Assert.Equal((1, 1), (await world.Database.CountAuditAsync("task.rolled_back"), await world.Database.CountAuditAsync("task.roll_back_lifted")));
    }

    [Fact]
    public async Task AddAsync_ComparisonsOfTheSameTask_AddUp()
    {
        await using var world = await WorldAsync();
        var live = await world.GoLiveAsync();
        var trial = await world.GoLiveAsync(Canary with { Mode = RolloutMode.Shadow });
        var comparisons = world.Get<TrialComparisons>();

        for (var i = 0; i < 3; i++)
            await comparisons.AddAsync([new TrialComparison { DeploymentId = trial.Id, LiveId = live.Id, TaskId = world.Task.Id, Inputs = 4, Same = 3, Failed = 1, ScoreDifference = 0.5 }], Cancellation);

        var sum = Assert.Single(await comparisons.ListAsync(trial.Id, Cancellation));
        Assert.Equal((12, 9, 3, 1.5), (sum.Inputs, sum.Same, sum.Failed, sum.ScoreDifference));
    }

    private static async Task<World> WorldAsync()
    {
        var database = await TestDatabase.CreateAsync();
        return new World(database, await database.AddReadyTaskAsync(await database.AddTeamAsync(), "hotel-sentiment"));
    }

    private sealed class World(TestDatabase database, TaskDefinition task) : IAsyncDisposable
    {
        public TestDatabase Database => database;

        public TaskDefinition Task => task;

        public T Get<T>()
            where T : notnull => database.Get<T>();

        public async Task<Deployment> RequestAsync() =>
            (await Get<DeploymentApproval>().RequestAsync(TestWorld.Admin, (await database.AddModelAsync(task)).Id, Cancellation)).Value;

        public Task<Result<Deployment>> ApproveAsync(Deployment requested, RolloutPlan plan) =>
            Get<DeploymentApproval>().ApproveAsync(TestWorld.SecondAdmin, requested.Id, "Good scores.", Acceptance.Nothing, plan, upstream: null, Cancellation);

        /// <summary>Requested, approved, loaded.</summary>
        public async Task<Deployment> GoLiveAsync(RolloutPlan? plan = null)
        {
            var requested = await RequestAsync();
            Assert.True((await ApproveAsync(requested, plan ?? RolloutPlan.Full)).IsSuccess);
            await Get<DeploymentRollout>().ActivateAsync(await database.BeginDeployingAsync(requested.Id), TestWorld.Admin, null, Cancellation);
            return await ReloadAsync(requested);
        }

        /// <summary>What an Api does with one that is to come back.</summary>
        public async Task LoadAsync(Deployment deployment)
        {
            var claim = (await Get<WorkClaims>().TryClaimAsync<Deployment>(deployment.Id, "api", Cancellation))!;
            Assert.True((await Get<DeploymentRollout>().ActivateAsync(claim, TestWorld.Admin, null, Cancellation)).IsSuccess);
        }

        public async Task<Deployment> ReloadAsync(Deployment deployment)
        {
            await using var context = database.Open();
            return await context.Deployments.AsNoTracking().SingleAsync(found => found.Id == deployment.Id, Cancellation);
        }

        public ValueTask DisposeAsync() => database.DisposeAsync();
    }
}
