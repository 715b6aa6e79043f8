using Platform.Domain.Tasks;

namespace Platform.Domain.Tests.Tasks;

public sealed class TaskCatalogTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RegisterAsync_ByAMember_StoresTheTaskAndAnAuditEntry()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var catalog = database.Get<TaskCatalog>();

        var registered = await catalog.RegisterAsync(TestWorld.MemberOf(team), team.Id, TestWorld.Sentiment(), Cancellation);

        Assert.True(registered.IsSuccess);
        var found = (await catalog.FindAsync(TestWorld.Admin, "hotel-sentiment", Cancellation)).Value;
        Assert.Equal(["good", "bad"], found.Labels);
        Assert.Equal(TaskKind.Classification, found.Kind);
        Assert.Equal(1, await database.CountAuditAsync("task.registered"));
    }

    [Fact]
    public async Task RegisterAsync_ForAnotherTeam_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var mine = await database.AddTeamAsync("mine");
        var theirs = await database.AddTeamAsync("theirs");

        var result = await database.Get<TaskCatalog>().RegisterAsync(TestWorld.MemberOf(mine), theirs.Id, TestWorld.Sentiment(), Cancellation);

        Assert.Equal("team_not_yours", result.Error.Code);
        Assert.Equal(0, await database.CountAuditAsync("task.registered"));
    }

    [Fact]
    public async Task RegisterAsync_ManyAtOnceWithOneName_OneWins()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var catalog = database.Get<TaskCatalog>();

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Task.Run(() => catalog.RegisterAsync(TestWorld.Admin, team.Id, TestWorld.Sentiment(), Cancellation), Cancellation)));

        Assert.Single(results, result => result.IsSuccess);
        Assert.All(results.Where(result => result.IsFailure), result => Assert.Equal("task_name_taken", result.Error.Code));
    }

    [Fact]
    public async Task FindAsync_TaskOfAnotherTeam_AnswersAsIfItDidNotExist()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        await database.AddTaskAsync(team);
        var stranger = TestWorld.MemberOf(await database.AddTeamAsync("others"));
        var catalog = database.Get<TaskCatalog>();

        Assert.Equal("task_unknown", (await catalog.FindAsync(stranger, "hotel-sentiment", Cancellation)).Error.Code);
        Assert.Empty(await catalog.ListAsync(stranger, archivedToo: true, Cancellation));
    }

    [Fact]
    public async Task EditAsync_Change_IsAuditedWithBeforeAndAfter()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddTaskAsync(await database.AddTeamAsync());
        var catalog = database.Get<TaskCatalog>();

        var edited = await catalog.EditAsync(TestWorld.Admin, task.Id, TestWorld.Sentiment() with { Labels = ["good", "bad", "mixed"], Tolerance = 0.05 }, Cancellation);

        Assert.Equal(["good", "bad", "mixed"], edited.Value.Labels);
        var entry = Assert.Single(await database.Get<Domain.Audit.AuditTrail>().ReadAsync(new(EntityId: task.Id.ToString(), Take: 1), Cancellation));
        Assert.Equal("task.edited", entry.Action);
        Assert.DoesNotContain("mixed", entry.BeforeJson, StringComparison.Ordinal);
        Assert.Contains("mixed", entry.AfterJson, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EditAsync_NoChange_WritesNoAuditEntry()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddTaskAsync(await database.AddTeamAsync());

        Assert.True((await database.Get<TaskCatalog>().EditAsync(TestWorld.Admin, task.Id, TestWorld.Sentiment(), Cancellation)).IsSuccess);

        Assert.Equal(0, await database.CountAuditAsync("task.edited"));
    }
}
