using Microsoft.EntityFrameworkCore;
using Platform.Domain.Budgets;
using Platform.Domain.Claims;
using Platform.Domain.Rates;
using Platform.Domain.Tests.Usage;
using Platform.Domain.Usage;

namespace Platform.Domain.Tests.Budgets;

public sealed class BudgetLeasesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ExtendAsync_ManyProcessesAtOnce_NeverGrantMoreThanTheLimit()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (_, budget) = await BudgetAsync(database, 0.000001m); // 1000 nano

        var grants = await Task.WhenAll(Enumerable.Range(0, 64).Select(caller => Task.Run(async () =>
            (await database.Get<BudgetLeases>().ExtendAsync($"server-{caller % 3}", budget.Id, 30, Cancellation))!.GrantedNano, Cancellation)));

        var account = await AccountAsync(database);
        Assert.Equal(grants.Sum(), account.ReservedNano);
        Assert.InRange(account.ReservedNano, 1000 - 29, 1000);
        Assert.All(grants.Where(grant => grant > 0), grant => Assert.InRange(grant, 30, 50)); // no more than a part of what is left
        await using var context = database.Open();
        Assert.Equal(account.ReservedNano, await context.BudgetLeases.SumAsync(lease => lease.AmountNano, Cancellation));
    }

    [Fact]
    public async Task BillAsync_WithReservation_SpendsItAndCostsNoMore()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (team, budget) = await BudgetAsync(database, 0.001m);
        var lease = (await database.Get<BudgetLeases>().ExtendAsync("a", budget.Id, 10_000, Cancellation))!;
        BudgetCharge charge = new("a", 10_000, "USD", [new ReservedPart(budget.Id, lease.PeriodStart)]);

        // 2 USD an hour: 5 ms cost 2778 nano, 50 ms 27778.
        var costs = await database.Get<UsageLedger>().BillAsync(
            [UsageDrafts.Draft(database.Clock.Now, team: team) with { Charge = charge }, UsageDrafts.Draft(database.Clock.Now, team: team, device: 50_000) with { Charge = charge with { BoundNano = 7222 } }], Cancellation);

        Assert.Equal([2778, 7222], costs.Select(cost => cost.Nano));
        var account = await AccountAsync(database);
        Assert.Equal((10_000, lease.GrantedNano - 10_000), (account.SpentNano, account.ReservedNano));
    }

    [Fact]
    public async Task BillAsync_LeaseTakenBackMeanwhile_SpendsAllTheSame()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (team, budget) = await BudgetAsync(database, 0.001m);
        var leases = database.Get<BudgetLeases>();
        var lease = (await leases.ExtendAsync("stalled", budget.Id, 900_000, Cancellation))!;
        database.Clock.Advance(BudgetLeases.StaleAfter + TimeSpan.FromSeconds(1));
        var other = (await leases.ExtendAsync("alive", budget.Id, 900_000, Cancellation))!;

        await database.Get<UsageLedger>().BillAsync(
            [UsageDrafts.Draft(database.Clock.Now, team: team) with { Charge = new BudgetCharge("stalled", 900_000, "USD", [new ReservedPart(budget.Id, lease.PeriodStart)]) }], Cancellation);

        var account = await AccountAsync(database);
        Assert.Equal((2778, other.GrantedNano), (account.SpentNano, account.ReservedNano));
    }

    [Fact]
    public async Task ExtendAsync_HolderDied_TakesItsLeaseBackAtOnce()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (_, budget) = await BudgetAsync(database, 0.001m);
        var leases = database.Get<BudgetLeases>();
        var dead = $"api:{Environment.MachineName}:{Environment.ProcessId}:{new string('0', 32)}"; // an earlier process with our number
        await leases.ExtendAsync(dead, budget.Id, 900_000, Cancellation);

        var granted = (await leases.ExtendAsync(ClaimOwner.New("api").ToString(), budget.Id, 900_000, Cancellation))!.GrantedNano;

        Assert.InRange(granted, 900_000, 1_000_000);
        Assert.Equal(granted, (await AccountAsync(database)).ReservedNano);
    }

    [Fact]
    public async Task ExtendAsync_HolderAlive_KeepsItsLease()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (_, budget) = await BudgetAsync(database, 0.001m);
        var leases = database.Get<BudgetLeases>();
        var alive = ClaimOwner.New("api").ToString();
        await leases.ExtendAsync(alive, budget.Id, 900_000, Cancellation);
        database.Clock.Advance(BudgetLeases.StaleAfter);
        await leases.RenewAsync(alive, Cancellation);
        database.Clock.Advance(BudgetLeases.StaleAfter);

        Assert.Equal(0, (await leases.ExtendAsync("other", budget.Id, 900_000, Cancellation))!.GrantedNano);
    }

    [Fact]
    public async Task ReturnAsync_WhatIsNotNeeded_IsThereForOthers()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (_, budget) = await BudgetAsync(database, 0.001m);
        var leases = database.Get<BudgetLeases>();
        var lease = (await leases.ExtendAsync("a", budget.Id, 900_000, Cancellation))!;

        await leases.ReturnAsync("a", [(new ReservedPart(budget.Id, lease.PeriodStart), lease.GrantedNano)], Cancellation);

        Assert.Equal(0, (await AccountAsync(database)).ReservedNano);
        Assert.Empty(await leases.RenewAsync("a", Cancellation));
    }

    [Fact]
    public async Task ExtendAsync_NextMonth_StartsFromNothing()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (team, budget) = await BudgetAsync(database, 0.000003m);
        await database.Get<UsageLedger>().BillAsync([UsageDrafts.Draft(database.Clock.Now, team: team)], Cancellation);
        var leases = database.Get<BudgetLeases>();
        var now = (await leases.ExtendAsync("a", budget.Id, 1000, Cancellation))!;
        database.Clock.Advance(TimeSpan.FromDays(31));

        var next = (await leases.ExtendAsync("a", budget.Id, 1000, Cancellation))!;

        Assert.Equal((0, 2778), (now.GrantedNano, now.SpentNano));
        Assert.Equal((0, true), (next.SpentNano, next.GrantedNano >= 1000));
    }

    private static async Task<(Guid Team, Budget Budget)> BudgetAsync(TestDatabase database, decimal amount)
    {
        var team = await database.AddTeamAsync();
        return (team.Id, (await database.Get<BudgetBook>().SetAsync(TestWorld.Admin, new BudgetRequest(BudgetScope.Team, team.Id, BudgetPeriod.Month, BudgetKind.Hard, amount, "USD"), Cancellation)).Value);
    }

    private static async Task<BudgetAccount> AccountAsync(TestDatabase database)
    {
        await using var context = database.Open();
        return await context.BudgetAccounts.AsNoTracking().SingleAsync(Cancellation);
    }
}
