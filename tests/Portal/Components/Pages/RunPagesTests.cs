using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Claims;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Forecasts;
using Platform.Domain.Runs.Recipes;
using Platform.Portal.Components.Pages.Runs;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class RunPagesTests
{
    [Fact]
    public async Task RunList_NoRun_OffersAdminsToPlanOne()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);

        var page = context.Render<RunList>();

        Assert.Equal("/runs/plan", page.WaitForElement("[data-state=empty] a").GetAttribute("href"));
    }

    [Fact]
    public async Task RunList_BrokenDatabase_ShowsTheError()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.BreakDatabaseAsync();

        var page = context.Render<RunList>();

        Assert.Contains("The runs could not be loaded", page.WaitForElement("[data-state=error]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PlanRun_NoReadyTask_SaysWhatIsMissing()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.AddTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");

        var page = context.Render<PlanRun>();

        Assert.Contains("No task is ready", page.WaitForElement("[data-state=empty]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PlanRun_ReadyTask_QueuesTheRun()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");
        var page = context.Render<PlanRun>();
        page.WaitForElement("form");

        await page.FindByLabel("Examples budget").ChangeAsync("1200");
        await page.Find("form").SubmitAsync();

        page.WaitForAssertion(() => Assert.EndsWith("/runs/1", context.Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal));
        await using var database = context.World.Open();
        var run = await database.Runs.SingleAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1200, Recipe.Parse(run.RecipeJson).Value.ExamplesBudget);
        Assert.Equal("Uma User", run.RequestedByName);
    }

    [Fact]
    public async Task PlanRun_Document_ShowsWhatTheFormSaysAndListsItsProblems()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");
        var page = context.Render<PlanRun>();
        page.WaitForElement("form");
        await page.FindByLabel("Examples budget").ChangeAsync("1200");

        await page.FindAll("[role=tab]").Single(tab => tab.TextContent.Contains("Document", StringComparison.Ordinal)).ClickAsync(new());
        var text = page.WaitForElement("textarea");
        Assert.Contains("examplesBudget: 1200", text.GetAttribute("value") ?? text.TextContent, StringComparison.Ordinal);
        await page.Find("textarea").InputAsync("version: 2\nexamplesBudget: 0\nstage3: {mixin: 1}");

        page.WaitForAssertion(() => Assert.Equal(
            ["examplesBudget is 0; it must lie between 1 and 1000000000 examples. The default is 40000.", "stage3.mixin is no field of a recipe; did you mean stage3.mixing?"],
            page.FindAll("ul.problems li").Select(line => line.TextContent)), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task PlanRun_Estimate_AsksJobsAndShowsWhatWasMeasured()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");
        var page = context.Render<PlanRun>();
        page.WaitForElement("form");
        await page.Find("button:contains('Estimate')").ClickAsync(new());
        page.WaitForAssertion(() => Assert.Contains("Jobs trains and answers for some seconds", page.Markup, StringComparison.Ordinal));
        var cancellation = TestContext.Current.CancellationToken;
        var claims = context.World.Get<WorkClaims>();
        var id = Assert.Single(await claims.FindUnclaimedAsync<ForecastRequest>(null, cancellation));
        var forecast = new RunForecast("cpu", DateTimeOffset.UnixEpoch, 1000, 5000, 5, 2_000_000_000, "USD", [new StepForecast(RunStepKind.Stage3, null, null, 10, 1234, 1800, 7_000_000)]);

        await context.World.Get<RunForecasts>().EndAsync((await claims.TryClaimAsync<ForecastRequest>(id, "jobs", cancellation))!, found => found.Complete("sample", "{}", forecast.ToJson()), cancellation);

        page.WaitForAssertion(() => Assert.Contains("1,234", page.Find("tr.total").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        Assert.Contains("30 min", page.Find("tr.total").TextContent, StringComparison.Ordinal);
        Assert.Contains("1.00 USD", page.Find("tr.total").TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", "must lie between 1 and")]
    [InlineData("many", "write a whole number from 1 to 1000000000 examples")]
    public async Task PlanRun_WrongBudget_SaysWhyAndQueuesNothing(string budget, string message)
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");
        var page = context.Render<PlanRun>();
        page.WaitForElement("form");

        await page.FindByLabel("Examples budget").ChangeAsync(budget);
        await page.Find("form").SubmitAsync();

        page.WaitForAssertion(() => Assert.Contains(message, page.Markup, StringComparison.Ordinal));
        await using var database = context.World.Open();
        Assert.False(await database.Runs.AnyAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task RunDetail_Running_FollowsTheDatabase()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var team = await context.World.AddTeamAsync("hotels", "Hotels");
        var task = await context.World.AddReadyTaskAsync(team, "hotel-sentiment");
        var run = await context.World.PlanAsync(task);
        var page = context.Render<RunDetail>(parameters => parameters.Add(detail => detail.Number, 1));
        page.WaitForAssertion(() => Assert.Contains("waits in the queue", page.Markup, StringComparison.Ordinal));

        await context.World.TrainAsync(run, task);

        page.WaitForAssertion(() => Assert.Contains("2,400 of 4,000 rows", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        var stage = page.Find("[role=group][aria-label='Stage 3: all kept tasks']").TextContent;
        Assert.Contains("0.640", stage, StringComparison.Ordinal);
        Assert.Contains("58 rows/s", stage, StringComparison.Ordinal);
        Assert.Contains("27 s", stage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunDetail_ResultsForMember_HideOtherTeamsTasksAndTheLog()
    {
        await using var context = await PortalContext.CreateAsync();
        var user = await context.SignInAsync(isAdmin: false);
        var mine = await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels", user), "hotel-sentiment");
        var other = await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("flights", "Flights"), "flight-intent");
        var run = await context.World.PlanAsync(mine, other);
        await context.World.FinishAsync(run, await context.World.TrainAsync(run, mine, other), GateVerdict.Pass, mine, other);

        context.Services.GetRequiredService<NavigationManager>().NavigateTo("/runs/1?tab=results");
        var page = context.Render<RunDetail>(parameters => parameters.Add(detail => detail.Number, 1));

        page.WaitForAssertion(() => Assert.Contains("hotel-sentiment", page.Markup, StringComparison.Ordinal));
        Assert.Contains("0.842 to 0.903", page.Markup, StringComparison.Ordinal);
        Assert.Contains("Pass", page.Find("section[aria-label=Tasks] tbody").TextContent, StringComparison.Ordinal);
        Assert.Equal("/models/1/tasks/hotel-sentiment", page.Find("section[aria-label=Tasks] tbody td a").GetAttribute("href"));
        Assert.DoesNotContain("flight-intent", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("The run started", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunDetail_UnknownNumber_IsNotFound()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);

        var page = context.Render<RunDetail>(parameters => parameters.Add(detail => detail.Number, 7));

        Assert.Contains("Run not found", page.WaitForElement("[data-state=error]").TextContent, StringComparison.Ordinal);
    }
}
