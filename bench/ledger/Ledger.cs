using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Persistence;
using Platform.Domain.Setup;
using Platform.Domain.Usage;

namespace Platform.LedgerBench;

/// <summary>The platform's own ledger, on SQLite in a folder or on the PostgreSQL that the hosts' settings in the environment name.</summary>
/// <param name="services">The domain's operations.</param>
/// <param name="tasks">Tasks with traffic; each has two keys, and three teams have them all.</param>
internal sealed class Ledger(ServiceProvider services, int tasks) : IAsyncDisposable
{
    private const int Days = 60;

    private static readonly DateTimeOffset End = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Guid[] ids = [.. Enumerable.Range(1, 2 * tasks).Select(number => new Guid(number, 0, 0, new byte[8]))];

    public static DateTimeOffset From => End.AddDays(-Days);

    public static DateTimeOffset To => End;

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public static async Task<Ledger> OpenAsync(string folder, int tasks)
    {
        var services = new ServiceCollection().AddLogging()
            .AddPlatformDomain(new ConfigurationBuilder().AddEnvironmentVariables().AddInMemoryCollection([new("Platform:DataPath", folder)]).Build()).BuildServiceProvider();
        await services.MigratePlatformAsync(CancellationToken.None);
        return new Ledger(services, tasks);
    }

    /// <summary>Requests of all tasks and keys, one after the other over sixty days, made in the database itself; then the sums over them.</summary>
    public async Task FillAsync(long records, Action<string> said)
    {
        await using var context = await OpenAsync();
        IFilling filling = context.Database.IsNpgsql() ? new PostgresFilling() : new SqliteFilling();
        await filling.FillAsync(context, new Span(UnixTime.ToMicroseconds(From), UnixTime.ToMicroseconds(To) - UnixTime.ToMicroseconds(From), records, tasks), said);
        said("sums");
        foreach (var statement in Sums.Statements)
            await context.Database.ExecuteSqlRawAsync(statement);
        await filling.FinishAsync(context, said);
    }

    /// <summary>What the records take, and where; nothing on SQLite, where the file says it.</summary>
    public async Task<Sizes?> SizesAsync()
    {
        await using var context = await OpenAsync();
        return context.Database.IsNpgsql()
            ? await context.Database.SqlQueryRaw<Sizes>("""
                SELECT (SELECT count(*) FROM "UsageRecords") AS "Records", pg_table_size('"UsageRecords"') AS "TableBytes", pg_indexes_size('"UsageRecords"') AS "IndexBytes",
                    (SELECT count(*) FROM "UsageRollups") AS "Sums", pg_total_relation_size('"UsageRollups"') AS "SumBytes"
                """).SingleAsync()
            : null;
    }

    public UsageDraft Draft(DateTimeOffset at, string request, Random random)
    {
        var key = random.Next(ids.Length);
        var task = key % tasks;
        return new UsageDraft(
            at, request, ids[task], ids[task % 3], ids[key], ids[0], ids[0], 1, random.Next(20, 200), random.Next(0, 20), random.Next(1, 8),
            random.Next(500, 20_000), UsageStatus.Ok, TimeSpan.FromMilliseconds(random.Next(5, 50)));
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();

    private async Task<PlatformDbContext> OpenAsync()
    {
        var context = await Get<IDbContextFactory<PlatformDbContext>>().CreateDbContextAsync();
        context.Database.SetCommandTimeout(TimeSpan.FromHours(3));
        return context;
    }
}

/// <param name="Records">In the table.</param>
/// <param name="TableBytes">Without indexes.</param>
/// <param name="IndexBytes">Of all its indexes.</param>
/// <param name="Sums">Rows of sums by hour and by day.</param>
/// <param name="SumBytes">Their table with its index.</param>
internal sealed record Sizes(long Records, long TableBytes, long IndexBytes, long Sums, long SumBytes);
