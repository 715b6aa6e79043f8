using System.Diagnostics;
using System.Globalization;
using Platform.Domain.Costs;
using Platform.Domain.Usage;
using Platform.Domain.Users;
using Platform.LedgerBench;

// What the durable record of a request costs, and how long questions take over many of them.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var numbers = args.Skip(1).Select(argument => long.TryParse(argument, out var number) && number >= 0 ? number : -1).ToList();
if (args.Length is 0 or > 3 || numbers.Contains(-1) || (numbers.Count == 2 && numbers[1] is < 3 or > 100_000))
{
    Console.Error.WriteLine("""
        Usage: FOLDER [RECORDS [TASKS]]

        The folder keeps the database: a call without RECORDS, or with 0, only measures. TASKS (3 to 100,000; 11) have to be the same in both.
        On PostgreSQL with the hosts' settings: Database__Provider=Postgres Database__ConnectionString=... (an empty database, then the same one).
        """);
    return 2;
}

var folder = Path.GetFullPath(args[0]);
Directory.CreateDirectory(folder);
await using var ledger = await Ledger.OpenAsync(folder, numbers.Count == 2 ? (int)numbers[1] : 11);
if (numbers is [> 0 and var records, ..])
{
    var filling = Stopwatch.StartNew();
    await ledger.FillAsync(records, what => Console.Error.WriteLine($"{filling.Elapsed.TotalSeconds,5:0} s: {what}"));
    Console.Error.WriteLine($"filled in {filling.Elapsed.TotalSeconds:0} s");
}

if (await ledger.SizesAsync() is { } sizes)
    Console.WriteLine($"""
        {sizes.Records:N0} records in {sizes.TableBytes + sizes.IndexBytes:N0} bytes: {(double)sizes.TableBytes / sizes.Records:0} a record, {(double)sizes.IndexBytes / sizes.Records:0} of its indexes; {sizes.Sums:N0} sums in {sizes.SumBytes:N0} bytes

        """);
Console.WriteLine("| | p50 | p95 |\n|---|---:|---:|");
var admin = Actor.System("bench");
var usage = ledger.Get<UsageQuery>();
var whole = new UsageFilter(Ledger.From.AddMinutes(7), Ledger.To.AddMinutes(-11));
var day = new UsageFilter(Ledger.To.AddDays(-3).AddMinutes(13), Ledger.To.AddDays(-2).AddMinutes(17));
foreach (var grouping in Enum.GetValues<UsageGrouping>())
{
    await MeasureAsync($"usage by {grouping}, 60 days with ragged ends", 20, () => usage.SummariseAsync(admin, whole, grouping, CancellationToken.None));
    await MeasureAsync($"usage by {grouping}, a day with ragged ends", 20, () => usage.SummariseAsync(admin, day, grouping, CancellationToken.None));
}

await MeasureAsync("usage by Task, 60 whole days", 20, () => usage.SummariseAsync(admin, new UsageFilter(Ledger.From, Ledger.To), UsageGrouping.Task, CancellationToken.None));
await MeasureAsync("usage by Task, 59 minutes from the records", 20, () => usage.SummariseAsync(
    admin, new UsageFilter(Ledger.To.AddDays(-5).AddSeconds(30), Ledger.To.AddDays(-5).AddMinutes(59).AddSeconds(30)), UsageGrouping.Task, CancellationToken.None));
await MeasureAsync("cost of all tasks, a month", 20, () => ledger.Get<CostQuery>().ReportAsync(admin, new DateOnly(2026, 2, 1), new DateOnly(2026, 3, 1), CancellationToken.None));
var random = Random.Shared;
foreach (var group in new[] { 1, 8, 64, 512 })
    await MeasureAsync($"group commit of {group}", group > 64 ? 50 : 200, () => CommitAsync(group));

Console.WriteLine("\n| writers at the same time | records of a group | records/s |\n|---:|---:|---:|");
foreach (var (writers, group) in new[] { (1, 64), (3, 64), (1, 512), (3, 512) })
{
    var clock = Stopwatch.StartNew();
    var written = await Task.WhenAll(Enumerable.Range(0, writers).Select(async _ =>
    {
        var count = 0L;
        for (; clock.Elapsed < TimeSpan.FromSeconds(10); count += group)
            await CommitAsync(group);
        return count;
    }));
    Console.WriteLine($"| {writers} | {group} | {written.Sum() / clock.Elapsed.TotalSeconds:N0} |");
}

return 0;

Task CommitAsync(int group) => ledger.Get<UsageLedger>().BillAsync(
    [.. Enumerable.Range(0, group).Select(_ => ledger.Draft(DateTimeOffset.UtcNow, $"req_{Guid.CreateVersion7():N}", random))], CancellationToken.None);

static async Task MeasureAsync(string what, int times, Func<Task> action)
{
    for (var warmUp = 0; warmUp < 3; warmUp++)
        await action();
    List<double> milliseconds = [];
    for (var i = 0; i < times; i++)
    {
        var started = Stopwatch.GetTimestamp();
        await action();
        milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    milliseconds.Sort();
    Console.WriteLine($"| {what} | {milliseconds[times / 2]:0.00} ms | {milliseconds[times * 95 / 100]:0.00} ms |");
}
