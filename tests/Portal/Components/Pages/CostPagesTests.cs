using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Budgets;
using Platform.Domain.Rates;
using Platform.Domain.Savings;
using Platform.Domain.Tasks;
using Platform.Domain.Usage;
using Platform.Portal.Components.Pages.Admin;
using Platform.Portal.Components.Pages.Budgets;
using Platform.Portal.Components.Pages.Costs;
using Platform.Portal.Components.Pages.Usage;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class CostPagesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RateList_RateIsCorrected_ShowsBothEntriesAndWhy()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var page = context.Render<RateList>();
        await page.WaitForElement("[aria-label='Correct the rate of From the start']").ClickAsync(new());

        await page.FindByLabel("Right price per device hour").ChangeAsync(new() { Value = "3.5" });
        await page.Find("form[aria-label='Correct a rate']").SubmitAsync();
        page.WaitForAssertion(() => Assert.Contains("Say why the rate was wrong", page.Markup, StringComparison.Ordinal));
        await page.FindByLabel("Reason").ChangeAsync(new() { Value = "The contract says so." });
        await page.Find("form[aria-label='Correct a rate']").SubmitAsync();

        page.WaitForAssertion(() => Assert.Contains("Nothing was billed by it yet", page.Markup, StringComparison.Ordinal));
        page.WaitForAssertion(() => Assert.Contains("The contract says so.", page.Find("tbody").TextContent, StringComparison.Ordinal));
        Assert.Contains("Corrected", page.Find("tbody").TextContent, StringComparison.Ordinal);
        Assert.Equal(3_500_000_000, (await context.World.Get<RateBook>().InForceAsync(DateTimeOffset.UtcNow, Cancellation)).PricePerHourNano);
    }

    [Fact]
    public async Task BudgetList_None_SaysSoToMembersWithoutAForm()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);

        var page = context.Render<BudgetList>();

        page.WaitForAssertion(() => Assert.Contains("Admins set budgets", page.Find("[data-state=empty]").TextContent, StringComparison.Ordinal));
        Assert.Empty(page.FindAll("form"));
    }

    [Fact]
    public async Task BudgetList_SpentBudget_RefusesRequestsAndCanBeEndedByAdminsOnly()
    {
        await using var context = await PortalContext.CreateAsync();
        var member = await context.SignInAsync(isAdmin: false);
        var team = await context.World.AddTeamAsync("hotels", "Hotels", member);
        await context.World.Get<BudgetBook>().SetAsync(World.Platform, new BudgetRequest(BudgetScope.Team, team.Id, BudgetPeriod.Month, BudgetKind.Hard, 0m, "USD"), Cancellation);

        var page = context.Render<BudgetList>();

        page.WaitForAssertion(() => Assert.Contains("Refuses requests", page.Find("tbody").TextContent, StringComparison.Ordinal));
        Assert.Contains("the team hotels for each month", page.Find("tbody").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("tbody button"));
    }

    [Fact]
    public async Task BudgetForm_WithoutAChoice_NamesTheField()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var page = context.Render<BudgetList>();

        await page.WaitForElement("form[aria-label='Set a budget']").SubmitAsync();

        page.WaitForAssertion(() => Assert.Contains("Choose the task that the budget is for.", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task CostPage_BrokenDatabase_SaysThatItCannotBeLoaded()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.BreakDatabaseAsync();

        var page = context.Render<CostPage>();

        page.WaitForElement("[data-state=error]");
    }

    [Fact]
    public async Task CostPage_SomeUsage_ShowsTheMembersTasksAndTheirDays()
    {
        await using var context = await PortalContext.CreateAsync();
        var member = await context.SignInAsync(isAdmin: false);
        var team = await context.World.AddTeamAsync("hotels", "Hotels", member);
        var task = await context.World.AddTaskAsync(team, "hotel-mood");
        var other = await context.World.AddTaskAsync(await context.World.AddTeamAsync("flights", "Flights"), "flight-mood");
        await BillAsync(context, task);
        await BillAsync(context, other);

        var page = context.Render<CostPage>();

        page.WaitForAssertion(() => Assert.Contains("hotel-mood", page.Find("tbody").TextContent, StringComparison.Ordinal));
        Assert.DoesNotContain("flight-mood", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("The bill", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CostPage_ByTeam_ShowsWhatTheMembersTeamPaysForAnybodysTasks()
    {
        await using var context = await PortalContext.CreateAsync();
        var member = await context.SignInAsync(isAdmin: false);
        var team = await context.World.AddTeamAsync("hotels", "Hotels", member);
        var other = await context.World.AddTaskAsync(await context.World.AddTeamAsync("flights", "Flights"), "flight-mood");
        await BillAsync(context, other, payer: team.Id);
        await BillAsync(context, other);
        context.Services.GetRequiredService<NavigationManager>().NavigateTo("/costs?by=team");

        var page = context.Render<CostPage>();

        page.WaitForAssertion(() => Assert.StartsWith("hotels1 request", page.Find("tbody").TextContent.Trim(), StringComparison.Ordinal));
        Assert.Single(page.FindAll("tbody tr"));
        Assert.EndsWith("&by=team&only=hotels", page.Find("tbody a").GetAttribute("href")!, StringComparison.Ordinal);
    }

    private static async Task BillAsync(PortalContext context, TaskDefinition task, Guid? payer = null) => await context.World.Get<UsageLedger>().BillAsync(
        [new UsageDraft(DateTimeOffset.UtcNow, task.Name, task.Id, payer ?? task.TeamId, Guid.Empty, Guid.Empty, Guid.Empty, 1, 40, 0, 1, 9_000, UsageStatus.Ok, TimeSpan.FromMilliseconds(12))], Cancellation);

    [Fact]
    public async Task SavingPanel_NotMeasured_SaysHow()
    {
        await using var context = await PortalContext.CreateAsync();

        Assert.Contains("platform bench saving", context.Render<SavingPanel>().Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SavingPanel_Measured_ShowsServersFiguresAndAssumptions()
    {
        await using var context = await PortalContext.CreateAsync();
        var report = new SavingReport(
            3, DateTimeOffset.UnixEpoch, "a processor", "a made-up hour", 3_600_000_000, 0.7, 2_000_000_000, "USD",
            Server(9, "hotel-sentiment", "flight-intent"), [Server(5, "hotel-sentiment"), Server(5, "flight-intent")]);

        var panel = context.Render<SavingPanel>(parameters => parameters.Add(one => one.Report, report));

        var rows = panel.FindAll("tbody tr, tfoot tr").Select(row => row.TextContent).ToList();
        Assert.Equal(4, rows.Count);
        Assert.Contains("hotel-sentiment alone", rows[0], StringComparison.Ordinal);
        Assert.Contains("One server for all tasks", rows[^1], StringComparison.Ordinal);
        Assert.Contains("50.0 %", panel.Find("dl").TextContent, StringComparison.Ordinal);
        Assert.Contains("10.0 %", panel.Find("dl").TextContent, StringComparison.Ordinal);
        Assert.Contains("a made-up hour", panel.Find("li").TextContent, StringComparison.Ordinal);

        static ServerMeasurement Server(int seconds, params string[] tasks) =>
            new(tasks, 10, 0, 100, seconds * 1_000_000, 1_000_000, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2));
    }
}
