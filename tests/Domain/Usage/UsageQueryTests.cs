using Microsoft.EntityFrameworkCore;
using Platform.Domain.Deployments;
using Platform.Domain.Persistence;
using Platform.Domain.Usage;

namespace Platform.Domain.Tests.Usage;

public sealed class UsageQueryTests
{
    private static readonly DateTimeOffset Day = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static UsageRecord Record(string request, DateTimeOffset at, Guid task, Guid team, long cost = 10, string currency = "USD", UsageStatus status = UsageStatus.Ok) => new()
    {
        AtMicroseconds = UnixTime.ToMicroseconds(at),
        RequestId = request,
        TaskId = task,
        TeamId = team,
        KeyId = Guid.Empty,
        ModelVersionId = Guid.Empty,
        DeploymentId = Guid.Empty,
        Inputs = 2,
        PromptTokens = 100,
        CachedTokens = 40,
        CompletionTokens = 7,
        DeviceMicroseconds = 5000,
        CostNano = cost,
        Currency = currency,
        Status = status,
        LatencyMicroseconds = 9000,
    };

    [Fact]
    public async Task SummariseAsync_ByTaskAndDay_AddsUpInTheDatabase()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var (one, two) = (await database.AddTaskAsync(team, "one"), await database.AddTaskAsync(team, "two"));
        await database.Get<UsageLedger>().RecordAsync(
        [
            Record("a", Day, one.Id, team.Id, 1),
            Record("b", Day.AddDays(1).AddTicks(-10), one.Id, team.Id, 2, status: UsageStatus.Error),
            Record("c", Day.AddDays(1), one.Id, team.Id, 4),
            Record("d", Day.AddDays(1), two.Id, team.Id, 8),
            Record("outside", Day.AddDays(2), two.Id, team.Id, 100),
        ], Cancellation);
        var query = database.Get<UsageQuery>();
        var filter = new UsageFilter(Day, Day.AddDays(2));

        var byTask = await query.SummariseAsync(TestWorld.Admin, filter, UsageGrouping.Task, Cancellation);
        var byDay = await query.SummariseAsync(TestWorld.Admin, filter, UsageGrouping.Day, Cancellation);

        Assert.Equal([new("one", "USD", 3, 1, 6, 300, 120, 21, 15000, 7), new("two", "USD", 1, 0, 2, 100, 40, 7, 5000, 8)], byTask);
        Assert.Equal([("2026-03-01", 2L, 3L), ("2026-03-02", 2L, 12L)], byDay.Select(row => (row.Group, row.Requests, row.CostNano)));
        Assert.Equal(byTask.Sum(row => row.CostNano), byDay.Sum(row => row.CostNano));
    }

    [Fact]
    public async Task SummariseAsync_TwoCurrencies_AreNeverAddedUp()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        await database.Get<UsageLedger>().RecordAsync([Record("a", Day, Guid.Empty, team.Id), Record("b", Day, Guid.Empty, team.Id, currency: "EUR")], Cancellation);

        var rows = await database.Get<UsageQuery>().SummariseAsync(TestWorld.Admin, new UsageFilter(Day, Day.AddDays(1)), UsageGrouping.Team, Cancellation);

        Assert.Equal(["EUR", "USD"], rows.Select(row => row.Currency).Order(StringComparer.Ordinal));
        Assert.All(rows, row => Assert.Equal("hotels", row.Group));
    }

    [Fact]
    public async Task SummariseAsync_ByAMember_SeesOnlyTheirTeams()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (mine, theirs) = (await database.AddTeamAsync("mine"), await database.AddTeamAsync("theirs"));
        await database.Get<UsageLedger>().RecordAsync([Record("a", Day, Guid.Empty, mine.Id), Record("b", Day, Guid.Empty, theirs.Id)], Cancellation);

        var rows = await database.Get<UsageQuery>().SummariseAsync(TestWorld.MemberOf(mine), new UsageFilter(Day, Day.AddDays(1)), UsageGrouping.Team, Cancellation);

        Assert.Equal("mine", Assert.Single(rows).Group);
    }

    [Fact]
    public async Task RecordAsync_SameRequestAgain_IsNotBilledTwice()
    {
        await using var database = await TestDatabase.CreateAsync();
        var ledger = database.Get<UsageLedger>();
        await ledger.RecordAsync([Record("a", Day, Guid.Empty, Guid.Empty)], Cancellation);

        var added = await ledger.RecordAsync([Record("a", Day, Guid.Empty, Guid.Empty), Record("b", Day, Guid.Empty, Guid.Empty), Record("b", Day, Guid.Empty, Guid.Empty)], Cancellation);

        Assert.Equal(1, added);
    }

    [Fact]
    public async Task SaveChangesAsync_ChangedUsageRecord_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.Get<UsageLedger>().RecordAsync([Record("a", Day, Guid.Empty, Guid.Empty)], Cancellation);
        await using var context = database.Open();
        context.Remove(await context.UsageRecords.SingleAsync(Cancellation));

        await Assert.ThrowsAsync<InvalidOperationException>(() => context.SaveChangesAsync(Cancellation));
    }

    [Fact]
    public async Task ReportAsync_OneServerForOneTask_SavesNothingAndBusyPlusIdleIsTheBill()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var deployment = await database.ApproveAsync(await database.AddModelAsync(task));
        var sessions = database.Get<EngineSessions>();
        var session = await sessions.OpenAsync(deployment.Id, "api-1", "api:machine:1:x", 100, Cancellation);
        database.Clock.Advance(TimeSpan.FromHours(3));
        await sessions.BeatAsync(session.Id, database.Clock.Now, 3_600_000_000, 200, Cancellation);

        var report = (await database.Get<OverheadQuery>().ReportAsync(deployment.Id, dedicatedServerBytes: 200, Cancellation))!;

        Assert.Equal(3 * 3_600_000_000L, report.BusyMicroseconds + report.IdleMicroseconds);
        Assert.Equal(6m, report.SharedCost.Amount);
        Assert.Equal(0.0, report.Overhead);
        Assert.Equal((200L, 200L), (report.SharedResidentBytes, report.DedicatedResidentBytes));
        Assert.Equal(DeploymentStatus.Approved, deployment.Status);
    }

    [Fact]
    public async Task RecordAsync_ManyWritersAtOnce_LosesNothing()
    {
        await using var database = await TestDatabase.CreateAsync();
        var ledger = database.Get<UsageLedger>();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
        {
            for (var batch = 0; batch < 5; batch++)
                await ledger.RecordAsync([.. Enumerable.Range(0, 4).Select(index => Record($"{writer}-{batch}-{index}", Day, Guid.Empty, Guid.Empty))], Cancellation);
        }, Cancellation)));

        var total = Assert.Single(await database.Get<UsageQuery>().SummariseAsync(TestWorld.Admin, new UsageFilter(Day, Day.AddDays(1)), UsageGrouping.Day, Cancellation));
        Assert.Equal((320, 3200), (total.Requests, total.CostNano));
    }
}
