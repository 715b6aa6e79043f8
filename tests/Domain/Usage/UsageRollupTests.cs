using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Usage;

namespace Platform.Domain.Tests.Usage;

public sealed class UsageRollupTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SummariseAsync_AnySpan_SaysWhatTheRecordsSay()
    {
        await using var database = await TestDatabase.CreateAsync();
        var random = new Random(5);
        var start = new DateTimeOffset(2026, 2, 20, 0, 0, 0, TimeSpan.Zero);
        var tasks = Enumerable.Range(0, 3).Select(_ => Guid.CreateVersion7()).ToList();
        await database.Get<UsageLedger>().BillAsync(
            [.. Enumerable.Range(0, 600).Select(_ => UsageDrafts.Draft(start.AddMinutes(random.Next(9 * 24 * 60)).AddTicks(10 * random.Next(60_000_000)), tasks[random.Next(3)], device: random.Next(1, 90_000)))], Cancellation);
        await using var context = database.Open();
        var records = await context.UsageRecords.AsNoTracking().ToListAsync(Cancellation);

        for (var trial = 0; trial < 25; trial++)
        {
            var from = start.AddSeconds(random.Next(8 * 86_400));
            var to = trial % 3 == 0 ? new DateTimeOffset(from.Year, from.Month, from.Day, 0, 0, 0, TimeSpan.Zero).AddDays(random.Next(1, 4)) : from.AddSeconds(random.Next(1, 4 * 86_400));
            var (low, high) = (UnixTime.ToMicroseconds(from), UnixTime.ToMicroseconds(to));
            var expected = records.Where(record => record.AtMicroseconds >= low && record.AtMicroseconds < high).GroupBy(record => record.TaskId)
                .Select(group => (group.Key.ToString(), group.LongCount(), group.Sum(record => record.DeviceMicroseconds), group.Sum(record => record.CostNano), group.Sum(record => record.CachedTokens))).Order();

            var found = await database.Get<UsageQuery>().SummariseAsync(TestWorld.Admin, new UsageFilter(from, to), UsageGrouping.Task, Cancellation);

            Assert.Equal(expected, found.Select(row => (row.Group, row.Requests, row.DeviceMicroseconds, row.CostNano, row.CachedTokens)).Order());
        }
    }

    [Fact]
    public async Task BillAsync_SameRequestAgain_CountsOnceEverywhere()
    {
        await using var database = await TestDatabase.CreateAsync();
        var session = await database.Get<EngineSessions>().OpenAsync(Guid.CreateVersion7(), "host", "api:host:1:x", 1, Cancellation);
        var draft = UsageDrafts.Draft(database.Clock.Now, request: "same") with { SessionId = session.Id };
        database.Clock.Advance(TimeSpan.FromSeconds(2));

        await database.Get<UsageLedger>().BillAsync([draft], Cancellation);
        await database.Get<UsageLedger>().BillAsync([draft, draft], Cancellation);

        await using var context = database.Open();
        Assert.Equal((1, 5000), (await context.UsageRecords.CountAsync(Cancellation), (await context.EngineSessions.SingleAsync(Cancellation)).BusyMicroseconds));
        Assert.Equal(session.StartedAt.AddMicroseconds(5000), (await context.EngineSessions.SingleAsync(Cancellation)).LastSeenAt);
        Assert.All(await context.UsageRollups.ToListAsync(Cancellation), sum => Assert.Equal((1, 5000), (sum.Requests, sum.DeviceMicroseconds)));
    }
}
