using Microsoft.EntityFrameworkCore;
using Platform.Domain.Budgets;
using Platform.Domain.Rates;
using Platform.Domain.Tests.Usage;
using Platform.Domain.Usage;

namespace Platform.Domain.Tests.Rates;

public sealed class RateCorrectionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CorrectAsync_WrongPrice_AdjustsByDayTaskAndKeyAndChangesNoRecord()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var (one, two) = (await database.AddTaskAsync(team, "one"), await database.AddTaskAsync(team, "two"));
        var wrong = await SetAsync(database, 7200m); // 2000 nano a microsecond, where 7.20 was meant
        var day = database.Clock.Now;
        await BillAsync(database, UsageDrafts.Draft(day.AddHours(1), one.Id, team.Id), UsageDrafts.Draft(day.AddHours(2), two.Id, team.Id, device: 70), UsageDrafts.Draft(day.AddHours(13), one.Id, team.Id));
        database.Clock.Advance(TimeSpan.FromDays(2));

        var correction = (await database.Get<RateBook>().CorrectAsync(TestWorld.Admin, wrong.Id, 7.2m, "USD", "A comma was missing.", Cancellation)).Value;

        Assert.Equal(3, correction.Adjustments);
        Assert.Equal(-(5000 + 70 + 5000) * 1998L, Assert.Single(correction.Amounts).Nano);
        var rows = await SummariseAsync(database);
        Assert.Equal([("one", 20_000_000L, 20_000L), ("two", 140_000L, 140L)], rows.Select(row => (row.Group, row.CostNano, row.TotalNano)));
        await using var context = database.Open();
        Assert.Equal([10_000_000L, 140_000L, 10_000_000L], await context.UsageRecords.OrderBy(record => record.AtMicroseconds).Select(record => record.CostNano).ToListAsync(Cancellation));
        Assert.Equal(1, await database.CountAuditAsync("rate.corrected"));

        await BillAsync(database, UsageDrafts.Draft(database.Clock.Now, one.Id, team.Id, device: 10));
        Assert.Equal(20_020, (await SummariseAsync(database))[0].TotalNano);
    }

    [Fact]
    public async Task CorrectAsync_Again_CountsFromTheLastCorrectionAndRefusesTheFirstEntry()
    {
        await using var database = await TestDatabase.CreateAsync();
        var wrong = await SetAsync(database, 3.6m); // 1 nano a microsecond
        await BillAsync(database, UsageDrafts.Draft(database.Clock.Now.AddMinutes(1)));
        database.Clock.Advance(TimeSpan.FromHours(1));
        var book = database.Get<RateBook>();

        var first = (await book.CorrectAsync(TestWorld.Admin, wrong.Id, 36m, "USD", "Ten times as much.", Cancellation)).Value;
        var second = (await book.CorrectAsync(TestWorld.Admin, first.Rate.Id, 7.2m, "EUR", "In euros.", Cancellation)).Value;
        var again = await book.CorrectAsync(TestWorld.Admin, wrong.Id, 1m, "USD", "Once more.", Cancellation);

        Assert.Equal(45_000, first.Amounts.Single().Nano);
        Assert.Equal([("EUR", 10_000L), ("USD", -50_000L)], second.Amounts.Select(amount => (amount.Currency, amount.Nano)).Order());
        Assert.Equal("rate_corrected_already", again.Error.Code);
        Assert.Equal([("EUR", 10_000L), ("USD", 0L)], (await SummariseAsync(database)).Select(row => (row.Currency, row.TotalNano)).Order());
        Assert.Equal((2, 7_200_000_000L), ((await book.ListAsync(Cancellation)).Count, (await book.InForceAsync(database.Clock.Now, Cancellation)).PricePerHourNano));
    }

    [Fact]
    public async Task CorrectAsync_RateThatEndedInMidDay_LeavesTheNextRatesUsageAlone()
    {
        await using var database = await TestDatabase.CreateAsync();
        var wrong = await SetAsync(database, 3.6m);
        var start = database.Clock.Now;
        database.Clock.Advance(TimeSpan.FromMinutes(90));
        await SetAsync(database, 36m);
        await BillAsync(database, UsageDrafts.Draft(start.AddMinutes(89), device: 100), UsageDrafts.Draft(start.AddMinutes(91), device: 100));
        database.Clock.Advance(TimeSpan.FromDays(1));

        var correction = (await database.Get<RateBook>().CorrectAsync(TestWorld.Admin, wrong.Id, 7.2m, "USD", "Twice.", Cancellation)).Value;

        Assert.Equal(100, correction.Amounts.Single().Nano);
        Assert.Equal(100 + 1000 + 100, (await SummariseAsync(database)).Single().TotalNano);
    }

    [Fact]
    public async Task CorrectAsync_RateThatFilledABudget_FreesItAgain()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var budgets = database.Get<BudgetBook>();
        var budget = (await budgets.SetAsync(TestWorld.Admin, new BudgetRequest(BudgetScope.Team, team.Id, BudgetPeriod.Month, BudgetKind.Hard, 0.01m, "USD"), Cancellation)).Value;
        var total = (await budgets.SetAsync(TestWorld.Admin, new BudgetRequest(BudgetScope.Team, team.Id, BudgetPeriod.Total, BudgetKind.Soft, 0.01m, "USD"), Cancellation)).Value;
        var wrong = await SetAsync(database, 7200m);
        await BillAsync(database, UsageDrafts.Draft(database.Clock.Now.AddMinutes(1), team: team.Id));
        Assert.Equal(0, (await database.Get<BudgetLeases>().ExtendAsync("a", budget.Id, 1_000_000, Cancellation))!.GrantedNano);

        await database.Get<RateBook>().CorrectAsync(TestWorld.Admin, wrong.Id, 7.2m, "USD", "A comma was missing.", Cancellation);

        Assert.True((await database.Get<BudgetLeases>().ExtendAsync("a", budget.Id, 1_000_000, Cancellation))!.GrantedNano > 0);
        Assert.All(await budgets.ListAsync(TestWorld.Admin, Cancellation), state => Assert.Equal(10_000, state.Spent.Nano));
        Assert.Equal(2, (await budgets.ListAsync(TestWorld.Admin, Cancellation)).Select(state => state.Budget.Id).Intersect([budget.Id, total.Id]).Count());
    }

    [Theory]
    [InlineData(-1, "USD", "why", "rate_price_out_of_range")]
    [InlineData(1, "usd", "why", "rate_currency_invalid")]
    [InlineData(1, "USD", " ", "rate_reason_missing")]
    [InlineData(2, "USD", "why", "rate_correction_changes_nothing")]
    public async Task CorrectAsync_WrongValue_NamesIt(int price, string currency, string reason, string code)
    {
        await using var database = await TestDatabase.CreateAsync();
        var rate = (await database.Get<RateBook>().ListAsync(Cancellation)).Single();

        var refused = await database.Get<RateBook>().CorrectAsync(TestWorld.Admin, rate.Id, price, currency, reason, Cancellation);

        Assert.Equal(code, refused.Error.Code);
    }

    [Fact]
    public async Task CorrectAsync_ByAMember_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var rate = (await database.Get<RateBook>().ListAsync(Cancellation)).Single();

        var refused = await database.Get<RateBook>().CorrectAsync(TestWorld.MemberOf(await database.AddTeamAsync()), rate.Id, 3m, "USD", "why", Cancellation);

        Assert.Equal("admin_only", refused.Error.Code);
    }

    private static async Task<Rate> SetAsync(TestDatabase database, decimal price) =>
        (await database.Get<RateBook>().SetAsync(TestWorld.Admin, database.Clock.Now, price, "USD", Cancellation)).Value;

    private static async Task BillAsync(TestDatabase database, params IReadOnlyList<UsageDraft> drafts) => await database.Get<UsageLedger>().BillAsync(drafts, Cancellation);

    private static Task<IReadOnlyList<UsageSummary>> SummariseAsync(TestDatabase database) => database.Get<UsageQuery>().SummariseAsync(
        TestWorld.Admin, new UsageFilter(database.Clock.Now.AddDays(-30), database.Clock.Now.AddDays(1)), UsageGrouping.Task, Cancellation);
}
