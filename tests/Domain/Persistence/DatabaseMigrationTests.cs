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
}
