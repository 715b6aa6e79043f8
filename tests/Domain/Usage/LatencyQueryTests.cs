using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Platform.Domain.Persistence;
using Platform.Domain.Tasks;
using Platform.Domain.Usage;

namespace Platform.Domain.Tests.Usage;

public sealed class LatencyQueryTests
{
    private static readonly DateTimeOffset Day = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly UsageFilter ThreeDays = new(Day, Day.AddDays(3));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Ceiling_AnyLatency_IsTheSameStepOrAtMostATenthMore()
    {
        var random = new Random(3);
        for (var trial = 0; trial < 20_000; trial++)
        {
            var latency = (long)Math.Exp(random.NextDouble() * Math.Log(1e11));

            var step = LatencySteps.Ceiling(latency);

            Assert.True(step >= latency && (latency < 100 || step <= latency * 1.1), $"{latency} counts as {step}");
            Assert.Equal(step, LatencySteps.Ceiling(step));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task ByTaskAsync_RandomRequests_AreTheStepsOfTheSortedLatencies(int seed)
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        TaskDefinition[] tasks = [await database.AddTaskAsync(team, "one"), await database.AddTaskAsync(team, "two")];
        var random = new Random(seed);
        List<UsageRecord> records = [.. Enumerable.Range(0, 900).Select(index => Record(
            $"r{index}", Day.AddSeconds(random.Next(4 * 86_400)), tasks[random.Next(2)], (long)Math.Exp(random.NextDouble() * 16), random.Next(5) == 0 ? UsageStatus.Error : UsageStatus.Ok))];
        foreach (var part in records.Chunk(250))
            await database.Get<UsageLedger>().RecordAsync(part, Cancellation);

        var found = await database.Get<LatencyQuery>().ByTaskAsync(TestWorld.Admin, ThreeDays, Cancellation);
        var byDay = await database.Get<LatencyQuery>().ByDayAsync(TestWorld.Admin, ThreeDays with { TaskId = tasks[0].Id }, Cancellation);

        foreach (var task in tasks)
            Assert.Equal(Expected(records.Where(record => record.TaskId == task.Id && record.At < Day.AddDays(3))), found[task.Name]);
        Assert.Equal(3, byDay.Count);
        foreach (var (day, summary) in byDay)
            Assert.Equal(Expected(records.Where(record => record.TaskId == tasks[0].Id && DateOnly.FromDateTime(record.At.UtcDateTime) == day)), summary);
    }

    [Fact]
    public async Task ByTaskAsync_RepeatedRequest_CountsOnceAndErrorsAndCopiesDoNot()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddTaskAsync(await database.AddTeamAsync());
        var ledger = database.Get<UsageLedger>();
        await ledger.RecordAsync([Record("a", Day, task, 1000, UsageStatus.Ok)], Cancellation);
        await ledger.RecordAsync(
            [Record("a", Day, task, 1000, UsageStatus.Ok), Record("b", Day, task, 9_000_000, UsageStatus.Error), Record("c", Day, task, 9_000_000, UsageStatus.Shadow)], Cancellation);

        var found = await database.Get<LatencyQuery>().ByTaskAsync(TestWorld.Admin, ThreeDays, Cancellation);

        Assert.Equal(new LatencySummary(1, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)), Assert.Single(found).Value);
    }

    [Fact]
    public async Task ByTaskAsync_ByAMember_SeesOnlyTheirTeams()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (mine, theirs) = (await database.AddTeamAsync("mine"), await database.AddTeamAsync("theirs"));
        var (own, other) = (await database.AddTaskAsync(mine, "own"), await database.AddTaskAsync(theirs, "other"));
        await database.Get<UsageLedger>().RecordAsync([Record("a", Day, own, 1000, UsageStatus.Ok), Record("b", Day, other, 1000, UsageStatus.Ok)], Cancellation);
        var query = database.Get<LatencyQuery>();

        Assert.Equal("own", Assert.Single(await query.ByTaskAsync(TestWorld.MemberOf(mine), ThreeDays, Cancellation)).Key);
        Assert.Empty(await query.ByDayAsync(TestWorld.MemberOf(mine), ThreeDays with { TaskId = other.Id }, Cancellation));
        Assert.Empty(await query.ByTaskAsync(TestWorld.MemberOf(), ThreeDays, Cancellation));
    }

    [Fact]
    public async Task Migration_RecordsFromBefore_AreCountedAsIfTheyCameAfter()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddTaskAsync(await database.AddTeamAsync());
        var random = new Random(8);
        await database.Get<UsageLedger>().RecordAsync(
            [.. Enumerable.Range(0, 400).Select(index => Record($"r{index}", Day.AddHours(random.Next(60)), task, (long)Math.Exp(random.NextDouble() * 23), (UsageStatus)random.Next(3)))], Cancellation);
        var before = await StepsAsync(database);
        await using (var context = database.Open())
            await context.GetService<IMigrator>().MigrateAsync("PeopleAndKeys", Cancellation);

        await database.MigrateAgainAsync();

        Assert.NotEmpty(before);
        Assert.Equal(before, await StepsAsync(database));
    }

    private static async Task<List<(Guid, long, long, long)>> StepsAsync(TestDatabase database)
    {
        await using var context = database.Open();
        return [.. (await context.LatencyRollups.AsNoTracking().ToListAsync(Cancellation)).Select(step => (step.TaskId, step.StartMicroseconds, step.AtMostMicroseconds, step.Requests)).Order()];
    }

    private static LatencySummary Expected(IEnumerable<UsageRecord> records)
    {
        var sorted = records.Where(record => record.Status == UsageStatus.Ok).Select(record => record.LatencyMicroseconds).Order().ToList();
        return new LatencySummary(sorted.Count, At(50), At(95), At(99));

        TimeSpan At(int percent) => TimeSpan.FromMicroseconds(LatencySteps.Ceiling(sorted[((sorted.Count * percent) + 99) / 100 - 1]));
    }

    private static UsageRecord Record(string request, DateTimeOffset at, TaskDefinition task, long latency, UsageStatus status) => new()
    {
        AtMicroseconds = UnixTime.ToMicroseconds(at),
        RequestId = request,
        TaskId = task.Id,
        TeamId = task.TeamId,
        KeyId = Guid.Empty,
        ModelVersionId = Guid.Empty,
        DeploymentId = Guid.Empty,
        Inputs = 1,
        PromptTokens = 100,
        CachedTokens = 40,
        CompletionTokens = 7,
        DeviceMicroseconds = 5000,
        CostNano = 10,
        Currency = "USD",
        Status = status,
        LatencyMicroseconds = latency,
    };
}
