using Platform.Domain.Budgets;
using Platform.Domain.Rates;
using Platform.Domain.Tests.Usage;
using Platform.Domain.Usage;

namespace Platform.Domain.Tests.Budgets;

public sealed class BudgetBookTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SetAsync_InMidMonth_CountsWhatWasSpentBefore()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var task = await database.AddTaskAsync(team, "one");
        await database.Get<UsageLedger>().BillAsync(
            [UsageDrafts.Draft(database.Clock.Now, task.Id, team.Id), UsageDrafts.Draft(database.Clock.Now.AddDays(-1), task.Id, team.Id), UsageDrafts.Draft(database.Clock.Now, team: team.Id)], Cancellation);
        var book = database.Get<BudgetBook>();

        // The clock shows 1 March, noon: the draft of the day before belongs to February.
        await book.SetAsync(TestWorld.Admin, Request(BudgetScope.Task, task.Id, 0.00001m), Cancellation);
        await book.SetAsync(TestWorld.Admin, Request(BudgetScope.Team, team.Id, 0.00001m), Cancellation);
        await database.Get<UsageLedger>().BillAsync([UsageDrafts.Draft(database.Clock.Now, task.Id, team.Id)], Cancellation);

        var states = await book.ListAsync(TestWorld.Admin, Cancellation);
        Assert.Equal([("the task one for each month", 2 * 2778L), ("the team hotels for each month", 3 * 2778L)], states.Select(state => (state.Name, state.Spent.Nano)));
        Assert.Equal(new DateTimeOffset(2026, 4, 1, 0, 0, 0, TimeSpan.Zero), states[0].ResetsAt);
    }

    [Fact]
    public async Task SetAsync_Again_ChangesTheAmountAndKeepsWhatIsSpent()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var book = database.Get<BudgetBook>();
        var first = (await book.SetAsync(TestWorld.Admin, Request(BudgetScope.Team, team.Id, 1m), Cancellation)).Value;
        await database.Get<UsageLedger>().BillAsync([UsageDrafts.Draft(database.Clock.Now, team: team.Id)], Cancellation);

        var second = (await book.SetAsync(TestWorld.Admin, Request(BudgetScope.Team, team.Id, 5m), Cancellation)).Value;

        Assert.Equal(first.Id, second.Id);
        var state = Assert.Single(await book.ListAsync(TestWorld.Admin, Cancellation));
        Assert.Equal((5m, 2778), (state.Budget.Limit.Amount, state.Spent.Nano));
        Assert.Equal((1, 1), (await database.CountAuditAsync("budget.set"), await database.CountAuditAsync("budget.changed")));
    }

    [Fact]
    public async Task EndAsync_WithAReason_FreesTheScope()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var book = database.Get<BudgetBook>();
        var budget = (await book.SetAsync(TestWorld.Admin, Request(BudgetScope.Team, team.Id, 1m), Cancellation)).Value;

        Assert.Equal("budget_reason_missing", (await book.EndAsync(TestWorld.Admin, budget.Id, " ", Cancellation)).Error.Code);
        Assert.True((await book.EndAsync(TestWorld.Admin, budget.Id, "The trial is over.", Cancellation)).IsSuccess);

        Assert.Empty(await book.ListAsync(TestWorld.Admin, Cancellation));
        Assert.Null(await database.Get<BudgetLeases>().ExtendAsync("a", budget.Id, 1, Cancellation));
        Assert.Equal("budget_unknown", (await book.EndAsync(TestWorld.Admin, budget.Id, "Again.", Cancellation)).Error.Code);
        Assert.NotEqual(budget.Id, (await book.SetAsync(TestWorld.Admin, Request(BudgetScope.Team, team.Id, 1m), Cancellation)).Value.Id);
    }

    [Fact]
    public async Task SetAsync_WrongValues_NamesAllOfThem()
    {
        await using var database = await TestDatabase.CreateAsync();

        var refused = await database.Get<BudgetBook>().SetAsync(
            TestWorld.Admin, new BudgetRequest(BudgetScope.Key, Guid.CreateVersion7(), BudgetPeriod.Month, BudgetKind.Hard, -1m, "XXX"), Cancellation);

        Assert.Equal(["budget_amount_out_of_range", "budget_scope_unknown", "budget_currency_unknown"], refused.Errors.Select(error => error.Code));
        Assert.Equal(["amount", "scope", "currency"], refused.Errors.Select(error => error.Field));
    }

    [Fact]
    public async Task ListAsync_ByAMember_ShowsTheirTeamsOnly()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (mine, theirs) = (await database.AddTeamAsync("mine"), await database.AddTeamAsync("theirs"));
        var book = database.Get<BudgetBook>();
        await book.SetAsync(TestWorld.Admin, Request(BudgetScope.Team, mine.Id, 1m), Cancellation);
        await book.SetAsync(TestWorld.Admin, Request(BudgetScope.Team, theirs.Id, 1m), Cancellation);

        Assert.Equal("mine", Assert.Single(await book.ListAsync(TestWorld.MemberOf(mine), Cancellation)).ScopeName);
        Assert.Equal("admin_only", (await book.SetAsync(TestWorld.MemberOf(mine), Request(BudgetScope.Team, mine.Id, 2m), Cancellation)).Error.Code);
    }

    [Fact]
    public async Task ListAsync_RateInAnotherCurrency_SaysThatTheBudgetDoesNotBind()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        await database.Get<BudgetBook>().SetAsync(TestWorld.Admin, Request(BudgetScope.Team, team.Id, 1m), Cancellation);
        await database.Get<RateBook>().SetAsync(TestWorld.Admin, database.Clock.Now, 3m, "EUR", Cancellation);

        Assert.False(Assert.Single(await database.Get<BudgetBook>().ListAsync(TestWorld.Admin, Cancellation)).Binds);
    }

    private static BudgetRequest Request(BudgetScope scope, Guid id, decimal amount) => new(scope, id, BudgetPeriod.Month, BudgetKind.Hard, amount, "USD");
}
