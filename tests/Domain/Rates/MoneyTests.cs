using Platform.Domain.Rates;

namespace Platform.Domain.Tests.Rates;

public sealed class MoneyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Rate Rate(long perHourNano) => new() { StartsAt = default, PricePerHourNano = perHourNano, Currency = "USD", CreatedAt = default, CreatedByName = "x" };

    [Theory]
    [InlineData(3_600_000_000, 2_000_000_000, 2_000_000_000)]
    [InlineData(1_800_000, 2_000_000_000, 1_000_000)]
    [InlineData(1, 1_800_000_000, 1)]
    [InlineData(1, 1_799_999_999, 0)]
    [InlineData(0, 2_000_000_000, 0)]
    [InlineData(3_600_000_000_000_000, 1_000_000_000_000, 1_000_000_000_000_000_000)]
    public void OfDeviceTime_IsExactAndRoundsHalfUp(long microseconds, long pricePerHour, long expected) =>
        Assert.Equal(new Money(expected, "USD"), Money.OfDeviceTime(microseconds, Rate(pricePerHour)));

    [Fact]
    public void OfDeviceTime_SplitIntoRequests_StaysWithinHalfANanoEach()
    {
        var rate = Rate(2_345_678_901);
        var parts = Enumerable.Range(1, 1000).Select(index => index * 37L).ToList();

        var apart = parts.Sum(part => Money.OfDeviceTime(part, rate).Nano);

        Assert.InRange(apart - Money.OfDeviceTime(parts.Sum(), rate).Nano, -501, 501);
    }

    [Fact]
    public async Task InForceAsync_RateChange_HoldsFromItsStart()
    {
        await using var database = await TestDatabase.CreateAsync();
        var book = database.Get<RateBook>();
        var start = database.Clock.Now.AddDays(1);
        Assert.True((await book.SetAsync(TestWorld.Admin, start, 3.5m, "EUR", Cancellation)).IsSuccess);

        Assert.Equal("USD", (await book.InForceAsync(start.AddMicroseconds(-1), Cancellation)).Currency);
        Assert.Equal(3_500_000_000, (await book.InForceAsync(start, Cancellation)).PricePerHourNano);
    }

    [Fact]
    public async Task SetAsync_Problems_AreAllReportedAndOnlyAdminsMay()
    {
        await using var database = await TestDatabase.CreateAsync();
        var book = database.Get<RateBook>();

        var result = await book.SetAsync(TestWorld.Admin, database.Clock.Now.AddDays(-1), -1, "usd", Cancellation);

        Assert.Equal(["price_per_hour", "currency", "starts_at"], result.Errors.Select(error => error.Field));
        Assert.Equal("admin_only", (await book.SetAsync(TestWorld.MemberOf(), database.Clock.Now, 1, "USD", Cancellation)).Error.Code);
    }
}
