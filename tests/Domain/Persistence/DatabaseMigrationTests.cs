using Microsoft.EntityFrameworkCore;
using Platform.Domain.Rates;

namespace Platform.Domain.Tests.Persistence;

public sealed class DatabaseMigrationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Model_AgainstTheMigrations_HasNoPendingChange()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var context = database.Open();

        Assert.False(context.Database.HasPendingModelChanges());
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
            await File.Create(Path.Combine(database.Folder, "platform.db")).DisposeAsync();
            await context.Database.ExecuteSqlRawAsync("CREATE TABLE \"__EFMigrationsLock\" (\"Id\" INTEGER PRIMARY KEY, \"Timestamp\" TEXT NOT NULL); INSERT INTO \"__EFMigrationsLock\" VALUES (1, '2026-01-01');", Cancellation);
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
