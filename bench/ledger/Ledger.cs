using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Persistence;
using Platform.Domain.Setup;
using Platform.Domain.Usage;

namespace Platform.LedgerBench;

/// <summary>The platform's own ledger on a database in a folder.</summary>
internal sealed class Ledger(ServiceProvider services) : IAsyncDisposable
{
    private const int Tasks = 11;
    private const int Keys = 22;
    private const int GroupSize = 500_000;
    private const int Days = 60;

    private static readonly DateTimeOffset End = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Guid[] ids = [.. Enumerable.Range(1, Keys).Select(number => new Guid(number, 0, 0, new byte[8]))];

    public static DateTimeOffset From => End.AddDays(-Days);

    public static DateTimeOffset To => End;

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public static async Task<Ledger> OpenAsync(string folder)
    {
        var services = new ServiceCollection().AddLogging()
            .AddPlatformDomain(new ConfigurationBuilder().AddInMemoryCollection([new("Platform:DataPath", folder)]).Build()).BuildServiceProvider();
        await services.MigratePlatformAsync(CancellationToken.None);
        return new Ledger(services);
    }

    /// <summary>Requests of all tasks and keys, one after the other over sixty days, made in the database itself; then the sums over them.</summary>
    public async Task FillAsync(long records, Action<long> done)
    {
        await using var context = await Get<IDbContextFactory<PlatformDbContext>>().CreateDbContextAsync();
        context.Database.SetCommandTimeout(TimeSpan.FromMinutes(30));
        var (from, length) = (UnixTime.ToMicroseconds(From), UnixTime.ToMicroseconds(To) - UnixTime.ToMicroseconds(From));
        for (var first = 0L; first < records; first += GroupSize)
        {
            var last = Math.Min(records, first + GroupSize) - 1;
            await context.Database.ExecuteSqlRawAsync(string.Create(CultureInfo.InvariantCulture, $"""
                WITH RECURSIVE numbers(n, r) AS (SELECT {first}, 0 UNION ALL SELECT n + 1, (n * 48271 + 11) % 2147483647 FROM numbers WHERE n < {last})
                INSERT INTO "UsageRecords" ("AtMicroseconds", "RequestId", "TaskId", "TeamId", "KeyId", "ModelVersionId", "DeploymentId", "Inputs", "PromptTokens", "CachedTokens",
                    "CompletionTokens", "DeviceMicroseconds", "CostNano", "Currency", "Status", "LatencyMicroseconds")
                SELECT {from} + CAST(n * {(double)length / records:R} AS INTEGER), printf('req_%032x', n), {Id("r % 11")}, {Id("r % 3")}, {Id("r % 22")}, {Id("0")}, {Id("0")}, 1, 20 + r % 180, r % 20,
                    1 + r % 7, 500 + r % 19500, (500 + r % 19500) * 5 / 9, 'USD', 'Ok', 5000 + r % 45000 FROM numbers
                """));
            done(last + 1);
        }

        await context.Database.ExecuteSqlRawAsync(LatencySums.Fill);
        foreach (var hours in new[] { UsageRollup.Hour, UsageRollup.Day })
            await context.Database.ExecuteSqlRawAsync(string.Create(CultureInfo.InvariantCulture, $"""
                INSERT INTO "UsageRollups" ("Hours", "StartMicroseconds", "TaskId", "KeyId", "TeamId", "Currency", "Requests", "Errors", "Inputs", "PromptTokens", "CachedTokens",
                    "CompletionTokens", "DeviceMicroseconds", "CostNano")
                SELECT {hours}, "AtMicroseconds" / {hours * 3_600_000_000L} * {hours * 3_600_000_000L}, "TaskId", "KeyId", "TeamId", "Currency", COUNT(*), 0, SUM("Inputs"), SUM("PromptTokens"),
                    SUM("CachedTokens"), SUM("CompletionTokens"), SUM("DeviceMicroseconds"), SUM("CostNano") FROM "UsageRecords" GROUP BY 2, 3, 4, 5, 6
                """));
    }

    private static string Id(string number) => $"printf('%08X-0000-0000-0000-000000000000', {number} + 1)";

    public UsageDraft Draft(DateTimeOffset at, string request, Random random)
    {
        var key = random.Next(Keys);
        return new UsageDraft(
            at, request, ids[key % Tasks], ids[key % 3], ids[key], ids[0], ids[0], 1, random.Next(20, 200), random.Next(0, 20), random.Next(1, 8),
            random.Next(500, 20_000), UsageStatus.Ok, TimeSpan.FromMilliseconds(random.Next(5, 50)));
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();
}
