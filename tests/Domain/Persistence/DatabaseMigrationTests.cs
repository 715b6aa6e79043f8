using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;
using Platform.Domain.Rates;
using Platform.Domain.Setup;
using Platform.TestStorage;

namespace Platform.Domain.Tests.Persistence;

public sealed class DatabaseMigrationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseOptions.Sqlite)]
    [InlineData(DatabaseOptions.Postgres)]
    public void Model_AgainstTheMigrationsOfEachProvider_HasNoPendingChange(string provider)
    {
        var builder = new DbContextOptionsBuilder<PlatformDbContext>();
        if (provider == DatabaseOptions.Postgres)
            builder.UsePlatformPostgres("Host=nowhere;Database=none");
        else
            builder.UsePlatformSqlite("Data Source=none.db");
        using var context = new PlatformDbContext(builder.Options);

        Assert.False(context.Database.HasPendingModelChanges(), $"The model was changed without a migration for {provider}: run build/add-migration NAME, which adds one for each provider.");
    }

    [Fact]
    public async Task MigratePlatformAsync_Twice_KeepsOneFirstRate()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.MigrateAgainAsync();

        var rate = Assert.Single(await database.Get<RateBook>().ListAsync(Cancellation));

        Assert.Equal(2_000_000_000, rate.PricePerHourNano);
    }

    [Fact]
    public async Task MigratePlatformAsync_NewDatabase_UsesWriteAheadLoggingAndForeignKeys()
    {
        Assert.SkipWhen(TestDatabaseCopy.UsesPostgres, "Settings of SQLite.");
        await using var database = await TestDatabase.CreateAsync();
        await using var context = database.Open();

        Assert.Equal("wal", await context.Database.SqlQueryRaw<string>("SELECT journal_mode AS Value FROM pragma_journal_mode").SingleAsync(Cancellation));
        Assert.Equal(1, await context.Database.SqlQueryRaw<long>("SELECT foreign_keys AS Value FROM pragma_foreign_keys").SingleAsync(Cancellation));
    }

    [Fact]
    public async Task MigratePlatformAsync_SeveralAtOnceAfterAKilledOne_AllSucceed()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using (var context = database.Open())
        {
            await context.Database.EnsureDeletedAsync(Cancellation);
            if (!TestDatabaseCopy.UsesPostgres)
            {
                await File.WriteAllBytesAsync(Path.Combine(database.Folder, "platform.db"), [], Cancellation);
                await context.Database.ExecuteSqlRawAsync("CREATE TABLE \"__EFMigrationsLock\" (\"Id\" INTEGER PRIMARY KEY, \"Timestamp\" TEXT NOT NULL); INSERT INTO \"__EFMigrationsLock\" VALUES (1, '2026-01-01');", Cancellation);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(database.MigrateAgainAsync, Cancellation)));

        Assert.Single(await database.Get<RateBook>().ListAsync(Cancellation));
    }

    [Fact]
    public async Task Timestamps_Stored_KeepMicrosecondsAndOrder()
    {
        await using var database = await TestDatabase.CreateAsync();
        var book = database.Get<RateBook>();
        var start = new DateTimeOffset(2030, 1, 2, 3, 4, 5, 678, 901, TimeSpan.FromHours(5));
        await book.SetAsync(TestWorld.Admin, start, 1, "USD", Cancellation);
        await book.SetAsync(TestWorld.Admin, start.AddMicroseconds(-1), 1, "USD", Cancellation);

        var stored = (await book.ListAsync(Cancellation)).Select(rate => rate.StartsAt).Take(2);

        Assert.Equal([start.ToUniversalTime(), start.AddMicroseconds(-1).ToUniversalTime()], stored);
    }
}
