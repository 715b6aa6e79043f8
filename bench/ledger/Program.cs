using System.Diagnostics;
using System.Globalization;
using Platform.Domain.Costs;
using Platform.Domain.Usage;
using Platform.Domain.Users;
using Platform.LedgerBench;

// What the durable record of a request costs, and how long questions take over many of them.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is not [var folder, .. var rest] || (rest is not [] && !long.TryParse(rest[0], out _)))
{
    Console.Error.WriteLine("Usage: FOLDER [RECORDS]   (the folder keeps the database: a second call without RECORDS only measures)");
    return 2;
}

Directory.CreateDirectory(folder);
await using var ledger = await Ledger.OpenAsync(Path.GetFullPath(folder));
if (rest is [var number])
{
    var filling = Stopwatch.StartNew();
    await ledger.FillAsync(long.Parse(number, CultureInfo.InvariantCulture), done =>
    {
        Console.Error.WriteLine($"{done:N0} records after {filling.Elapsed.TotalSeconds:0} s");
    });
}

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

await MeasureAsync("cost of all tasks, a month", 20, () => ledger.Get<CostQuery>().ReportAsync(admin, new DateOnly(2026, 2, 1), new DateOnly(2026, 3, 1), CancellationToken.None));
var random = new Random();
foreach (var group in new[] { 1, 8, 64 })
    await MeasureAsync($"group commit of {group}", 200, () => ledger.Get<UsageLedger>().BillAsync(
        [.. Enumerable.Range(0, group).Select(_ => ledger.Draft(DateTimeOffset.UtcNow, $"req_{Guid.CreateVersion7():N}", random))], CancellationToken.None));
return 0;

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
