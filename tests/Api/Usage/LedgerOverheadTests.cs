using System.Data.Common;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Platform.Api.Usage;
using Platform.Domain.Persistence;
using Platform.Domain.Usage;

namespace Platform.Api.Tests.Usage;

/// <summary>
/// What the durable record costs a request. The figures are in the test's output:
/// <c>dotnet test --project tests/Api --output Detailed -- --filter-class *LedgerOverheadTests</c>.
/// </summary>
public sealed class LedgerOverheadTests(ITestOutputHelper output)
{
    private const int Records = 128;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public async Task RecordAsync_ManyAtOnce_EveryRecordIsDurable(int atOnce)
    {
        await using var api = await TestApi.StartAsync();
        var writer = api.World.Get<UsageWriter>();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => writer.RecordAsync(Draft())));

        var started = Stopwatch.GetTimestamp();
        var waits = (await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(() => WriteAsync(writer, Records / atOnce), Cancellation))))
            .SelectMany(wait => wait).Order().ToList();
        var elapsed = Stopwatch.GetElapsedTime(started);

        output.WriteLine($"{atOnce} at once: p50 {waits[waits.Count / 2].TotalMilliseconds:0.00} ms, p99 {waits[waits.Count * 99 / 100].TotalMilliseconds:0.00} ms, {Records / elapsed.TotalSeconds:0} records/s");
        await using var context = api.World.Open();
        Assert.Equal(16 + Records, await context.UsageRecords.CountAsync(Cancellation));
    }

    [Fact]
    public async Task RecordAsync_ManyAtOnce_ShareAFewCommits()
    {
        var commits = new CommitCounter();
        await using var api = await TestApi.StartAsync(services => services.ConfigureDbContext<PlatformDbContext>(builder => builder.AddInterceptors(commits)));
        var writer = api.World.Get<UsageWriter>();
        var before = commits.Count;

        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => writer.RecordAsync(Draft())).ToList());

        Assert.All(results, result => Assert.True(result.IsSuccess));
        Assert.InRange(commits.Count - before, 1, 20);
    }

    private static async Task<List<TimeSpan>> WriteAsync(UsageWriter writer, int records)
    {
        List<TimeSpan> waits = [];
        for (var i = 0; i < records; i++)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.True((await writer.RecordAsync(Draft())).IsSuccess);
            waits.Add(Stopwatch.GetElapsedTime(started));
        }

        return waits;
    }

    private static UsageDraft Draft() => new(
        DateTimeOffset.UtcNow, $"req_{Guid.CreateVersion7():N}", Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(),
        1, 100, 0, 2, 5000, UsageStatus.Ok, TimeSpan.FromMilliseconds(6));

    private sealed class CommitCounter : DbTransactionInterceptor
    {
        private int count;

        public int Count => Volatile.Read(ref count);

        public override Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref count);
            return Task.CompletedTask;
        }
    }
}
