using Platform.Domain.Savings;

namespace Platform.Domain.Tests.Savings;

public sealed class SavingBookTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FindNewest_SeveralOfAVersion_IsTheNewestAsItWasMeasured()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "hotel-sentiment");
        var version = await database.AddModelAsync(task);
        var server = new ServerMeasurement(["hotel-sentiment"], 7, 1, 99, 123, 456, TimeSpan.FromMilliseconds(1.5), TimeSpan.FromMilliseconds(2));
        var older = new SavingReport(version.Number, DateTimeOffset.UnixEpoch, "a processor", "seven requests", 1_000_000, 0.7, 2_000_000_000, "USD", server, [server]);
        var book = database.Get<SavingBook>();

        Assert.Null(await book.FindNewestAsync(version.Id, Cancellation));
        await book.AddAsync(TestWorld.Admin, version.Id, older with { MeasuredAt = older.MeasuredAt.AddDays(1), Traffic = "newer" }, Cancellation);
        await book.AddAsync(TestWorld.Admin, version.Id, older, Cancellation);

        var found = await book.FindNewestAsync(version.Id, Cancellation);
        Assert.Equal("newer", found!.Traffic);
        Assert.Equal((older.SharedBill, older.OverheadReduction), (found.SharedBill, found.OverheadReduction));
        Assert.Equal(server.P50, found.Dedicated.Single().P50);
    }
}
