using Platform.Domain.Costs;
using Platform.Domain.Savings;
using Platform.Domain.Tasks;
using Platform.Domain.Usage;

namespace Platform.Domain.Tests.Savings;

public sealed class TaskSavingsTests
{
    private static readonly DateOnly First = new(2026, 3, 1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OfAsync_TwoTasksOnOneServer_EachSavesHalfOfAServer()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        TaskDefinition[] tasks = [await database.AddReadyTaskAsync(team, "one"), await database.AddReadyTaskAsync(team, "two")];
        var deployment = await database.ApproveAsync(await database.AddModelAsync(tasks));
        await ServeAsync(database, deployment.Id, hours: 3);

        var saving = Assert.Single(await OfAsync(database, tasks[0]));

        // Three hours of 2 USD; nothing was asked, so both share the idle time.
        Assert.Equal((6m, 3m, 0.5), (saving.Dedicated.Amount, saving.Shared.Amount, saving.Share));
        Assert.Equal(3 * 3_600_000_000L, saving.UpMicroseconds);
    }

    [Fact]
    public async Task OfAsync_TwoReplicasAtOnce_AreComparedWithOneServerOfItsOwn()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var deployment = await database.ApproveAsync(await database.AddModelAsync(task));
        var sessions = database.Get<EngineSessions>();
        EngineSession[] replicas = [await sessions.OpenAsync(deployment.Id, "a", "api:a:1:x", 1, Cancellation), await sessions.OpenAsync(deployment.Id, "b", "api:b:1:x", 1, Cancellation)];
        database.Clock.Advance(TimeSpan.FromHours(2));
        foreach (var replica in replicas)
            await sessions.BeatAsync(replica.Id, database.Clock.Now, 0, 1, Cancellation);

        var saving = Assert.Single(await OfAsync(database, task));

        // Two servers of two hours served one task: dearer than one of its own, and shown as such.
        Assert.Equal((4m, 8m, -1.0), (saving.Dedicated.Amount, saving.Shared.Amount, saving.Share));
    }

    [Fact]
    public async Task OfAsync_NothingServedIt_IsEmpty()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var served = await database.AddReadyTaskAsync(team, "one");
        var deployment = await database.ApproveAsync(await database.AddModelAsync(served));
        await ServeAsync(database, deployment.Id, hours: 1);

        Assert.Empty(await OfAsync(database, await database.AddReadyTaskAsync(team, "two")));
    }

    [Fact]
    public async Task OfAsync_TaskOfAnotherTeam_IsEmpty()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var deployment = await database.ApproveAsync(await database.AddModelAsync(task));
        await ServeAsync(database, deployment.Id, hours: 1);
        var stranger = TestWorld.MemberOf(await database.AddTeamAsync("others"));
        var report = await database.Get<CostQuery>().ReportAsync(stranger, First, First.AddDays(1), Cancellation);

        Assert.Empty(await database.Get<TaskSavings>().OfAsync(stranger, task, report, Cancellation));
    }

    private static async Task ServeAsync(TestDatabase database, Guid deployment, int hours)
    {
        var session = await database.Get<EngineSessions>().OpenAsync(deployment, "host", "api:host:1:x", 1, Cancellation);
        database.Clock.Advance(TimeSpan.FromHours(hours));
        await database.Get<EngineSessions>().BeatAsync(session.Id, database.Clock.Now, 0, 1, Cancellation);
    }

    private static async Task<IReadOnlyList<TaskSaving>> OfAsync(TestDatabase database, TaskDefinition task) => await database.Get<TaskSavings>().OfAsync(
        TestWorld.Admin, task, await database.Get<CostQuery>().ReportAsync(TestWorld.Admin, First, First.AddDays(1), Cancellation), Cancellation);
}
