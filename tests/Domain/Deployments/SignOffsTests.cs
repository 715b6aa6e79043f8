using Platform.Domain.Deployments;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Users;

namespace Platform.Domain.Tests.Deployments;

public sealed class SignOffsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ApproveAsync_TeamWithMembersThatSaidNothing_IsRefusedUntilItSignsOff()
    {
        await using var world = await World.CreateAsync();

        var early = await world.ApproveAsync(Acceptance.Nothing);
        await world.SignAsync(true);
        var approved = await world.ApproveAsync(Acceptance.Nothing);

        Assert.Equal(("deployment_sign_off_missing", 409), (early.Error.Code, early.Error.Status));
        Assert.Contains("hotel-sentiment", early.Error.Message, StringComparison.Ordinal);
        Assert.Equal(DeploymentStatus.Approved, approved.Value.Status);
        Assert.Contains("\"signOffs\":[{\"task\":\"hotel-sentiment\",\"status\":\"Accepted\",\"by\":\"Mia\"", approved.Value.EvidenceJson, StringComparison.Ordinal);
        Assert.Equal(1, await world.Database.CountAuditAsync("deployment.signed_off"));
    }

    [Fact]
    public async Task ApproveAsync_DeclinedByTheTeam_NeedsTheExplicitWish()
    {
        await using var world = await World.CreateAsync();
        await world.SignAsync(false, "It answers French guests worse.");

        var refused = await world.ApproveAsync(new Acceptance(GateFailures: true));
        var approved = await world.ApproveAsync(new Acceptance(MissingSignOffs: true));

        Assert.Equal("deployment_sign_off_missing", refused.Error.Code);
        Assert.Contains("It answers French guests worse.", approved.Value.EvidenceJson, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignAsync_ByWhoIsNotOfTheTeam_IsRefused()
    {
        await using var world = await World.CreateAsync();
        var signOffs = world.Database.Get<SignOffs>();

        // An admin decides; the team's word is not the admin's.
        Assert.Equal("sign_off_not_yours", (await signOffs.SignAsync(TestWorld.Admin, world.Requested.Id, world.Task.Id, true, null, Cancellation)).Error.Code);
        Assert.Equal("sign_off_task_unknown", (await signOffs.SignAsync(TestWorld.MemberOf(), world.Requested.Id, world.Task.Id, true, null, Cancellation)).Error.Code);
    }

    [Fact]
    public async Task SignAsync_DecliningWithoutReasonOrAfterTheDecision_IsRefused()
    {
        await using var world = await World.CreateAsync();

        Assert.Equal("sign_off_reason_missing", (await world.SignAsync(false)).Error.Code);
        await world.ApproveAsync(new Acceptance(MissingSignOffs: true));

        Assert.Equal("deployment_decided", (await world.SignAsync(true)).Error.Code);
    }

    [Fact]
    public async Task WaitingForAsync_ShowsTheTeamsLinesUntilTheyAreSigned()
    {
        await using var world = await World.CreateAsync();
        var signOffs = world.Database.Get<SignOffs>();

        var waiting = await signOffs.WaitingForAsync(world.Mia, Cancellation);
        await world.SignAsync(true);

        Assert.Equal(("hotel-sentiment", 1, 1), (waiting.Single().Task, waiting.Single().DeploymentNumber, waiting.Single().ModelNumber));
        Assert.Empty(await signOffs.WaitingForAsync(world.Mia, Cancellation));
        Assert.Empty(await signOffs.WaitingForAsync(TestWorld.Admin, Cancellation));
    }

    [Fact]
    public async Task ListAsync_TeamWithoutMembers_HasNobodyToAskAndDoesNotHoldUpApproval()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "hotel-sentiment");

        var approved = await database.ApproveAsync(await database.AddModelAsync(task));

        Assert.Equal(SignOffStatus.NobodyToAsk, (await database.Get<SignOffs>().ListAsync(approved.Id, Cancellation)).Single().Status);
        Assert.Equal(DeploymentStatus.Approved, approved.Status);
    }

    private sealed class World(TestDatabase database, TaskDefinition task, Actor mia, Deployment requested) : IAsyncDisposable
    {
        public TestDatabase Database => database;

        public TaskDefinition Task => task;

        public Actor Mia => mia;

        public Deployment Requested => requested;

        public static async Task<World> CreateAsync()
        {
            var database = await TestDatabase.CreateAsync();
            var team = await database.AddTeamAsync();
            var user = (await database.Get<UserAccounts>().CreateAsync(TestWorld.Admin, "mia@example.com", "Mia", false, "correct horse battery", Cancellation)).Value;
            await database.Get<TeamDirectory>().AddMemberAsync(TestWorld.Admin, team.Id, user.Id, Cancellation);
            var task = await database.AddReadyTaskAsync(team, "hotel-sentiment");
            var requested = (await database.Get<DeploymentApproval>().RequestAsync(TestWorld.Admin, (await database.AddModelAsync(task)).Id, Cancellation)).Value;
            return new World(database, task, Actor.ForUser(user.Id, "Mia", false, [team.Id]), requested);
        }

        public Task<Platform.Domain.Results.Result<TaskSignOff>> SignAsync(bool isAccepted, string? reason = null) =>
            database.Get<SignOffs>().SignAsync(mia, requested.Id, task.Id, isAccepted, reason, Cancellation);

        public Task<Platform.Domain.Results.Result<Deployment>> ApproveAsync(Acceptance accepted) =>
            database.Get<DeploymentApproval>().ApproveAsync(TestWorld.SecondAdmin, requested.Id, "Good scores.", accepted, RolloutPlan.Full, upstream: null, Cancellation);

        public ValueTask DisposeAsync() => database.DisposeAsync();
    }
}
