using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Models;
using Platform.Portal.Components.Pages.Tasks;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class TaskPagesTests
{
    [Fact]
    public async Task TaskList_NoTask_OffersToRegisterOne()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);

        var page = context.Render<TaskList>();

        var empty = page.WaitForElement("[data-state=empty]");
        Assert.Contains("No task yet", empty.TextContent, StringComparison.Ordinal);
        Assert.Equal("/tasks/register", empty.QuerySelector("a")!.GetAttribute("href"));
    }

    [Fact]
    public async Task TaskList_BrokenDatabase_SaysSoAndOffersToTryAgain()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.BreakDatabaseAsync();

        var page = context.Render<TaskList>();

        var error = page.WaitForElement("[data-state=error]");
        Assert.Contains("database or disk does not answer", error.TextContent, StringComparison.Ordinal);
        Assert.Matches("for trace [0-9a-f]{32}", error.TextContent);
        Assert.Contains("Try again", error.QuerySelector("button")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TaskList_LiveTask_ShowsScoresAndCost()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var team = await context.World.AddTeamAsync("hotels", "Hotels");
        var task = await context.World.AddReadyTaskAsync(team, "hotel-sentiment");
        var run = await context.World.PlanAsync(task);
        var version = await context.World.FinishAsync(run, await context.World.TrainAsync(run, task), GateVerdict.Pass, task);
        var deployment = await context.World.DeployAsync(version);
        await context.World.AddRequestsAsync(deployment, await context.World.AddKeyAsync(team, task), task, 2);

        var page = context.Render<TaskList>();

        var cells = page.WaitForElement("tbody tr").TextContent;
        Assert.Contains("0.861", cells, StringComparison.Ordinal);
        Assert.Contains("0.874", cells, StringComparison.Ordinal);
        Assert.Contains("Live", cells, StringComparison.Ordinal);
        Assert.Contains("0.00001001 USD", cells, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TaskList_Member_SeesOnlyTheirTeamsTasks()
    {
        await using var context = await PortalContext.CreateAsync();
        var user = await context.SignInAsync(isAdmin: false);
        await context.World.AddTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels", user), "hotel-sentiment");
        await context.World.AddTaskAsync(await context.World.AddTeamAsync("flights", "Flights"), "flight-intent");

        var page = context.Render<TaskList>();

        Assert.Contains("hotel-sentiment", page.WaitForElement("tbody").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("flight-intent", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TaskList_FilterAndSortInTheAddress_AreApplied()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var team = await context.World.AddTeamAsync("hotels", "Hotels");
        foreach (var name in new[] { "hotel-a", "hotel-b", "flight-c" })
            await context.World.AddTaskAsync(team, name);

        context.Services.GetRequiredService<NavigationManager>().NavigateTo("/?find=hotel&sort=-name");
        var page = context.Render<TaskList>();

        page.WaitForElement("tbody");
        Assert.Equal(["hotel-b", "hotel-a"], page.FindAll("tbody th").Select(cell => cell.TextContent.Trim()));
        Assert.Equal("descending", page.Find("th[aria-sort=descending]").GetAttribute("aria-sort"));
    }

    [Fact]
    public async Task TaskList_MoreTasksThanAPage_ShowsTheRestOnTheNextOne()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var team = await context.World.AddTeamAsync("hotels", "Hotels");
        for (var number = 1; number <= 52; number++)
            await context.World.AddTaskAsync(team, $"hotel-{number:00}");

        var page = context.Render<TaskList>();
        page.WaitForElement("tbody");
        Assert.Equal(50, page.FindAll("tbody th").Count);
        Assert.Contains("52 tasks, 1 to 50 shown", page.Markup, StringComparison.Ordinal);
        var next = Assert.Single(page.FindAll("nav[aria-label='Pages of the tasks'] a"));

        context.Services.GetRequiredService<NavigationManager>().NavigateTo(next.GetAttribute("href")!);

        page.WaitForAssertion(() => Assert.Equal(["hotel-51", "hotel-52"], page.FindAll("tbody th").Select(cell => cell.TextContent.Trim())));
        Assert.Equal("Previous", Assert.Single(page.FindAll("nav[aria-label='Pages of the tasks'] a")).TextContent.Trim());
        Assert.DoesNotContain("page=", page.Find("th[aria-sort] a").GetAttribute("href"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TaskDetail_OtherTeamsTask_IsNotFound()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);
        await context.World.AddTaskAsync(await context.World.AddTeamAsync("flights", "Flights"), "flight-intent");

        var page = context.Render<TaskDetail>(parameters => parameters.Add(detail => detail.Name, "flight-intent"));

        Assert.Contains("Task not found", page.WaitForElement("[data-state=error]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TaskDetail_RejectedData_ShowsFileLineAndField()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var task = await context.World.AddTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");
        await context.World.CheckAsync(await context.World.AddDataAsync(task, 40, wrongLabel: "balcony"));

        var page = context.Render<TaskDetail>(parameters => parameters.Add(detail => detail.Name, "hotel-sentiment"));

        page.WaitForElement("[data-state=content]");
        var finding = page.FindAll("tr").First(row => row.TextContent.Contains("balcony", StringComparison.Ordinal));
        Assert.Contains(".jsonl", finding.TextContent, StringComparison.Ordinal);
        Assert.Contains("8", finding.TextContent, StringComparison.Ordinal);
        Assert.Contains("output", finding.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TaskDetail_Any_ShowsHowToCallIt()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.AddTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");

        var page = context.Render<TaskDetail>(parameters => parameters.Add(detail => detail.Name, "hotel-sentiment"));

        Assert.Contains(":5081/v1/tasks/hotel-sentiment/predict", page.WaitForElement("pre[aria-label='Example call']").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DatasetDetail_WhileUnchecked_SaysThatTheCheckWaits()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var task = await context.World.AddTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");
        var version = await context.World.AddDataAsync(task, 40);

        var page = context.Render<DatasetDetail>(parameters => parameters.Add(detail => detail.Name, "hotel-sentiment").Add(detail => detail.Number, 1));

        page.WaitForAssertion(() => Assert.Contains("waits for its turn", page.Markup, StringComparison.Ordinal));
        await context.World.CheckAsync(version);
        page.WaitForAssertion(() => Assert.Contains("The data is ready", page.Markup, StringComparison.Ordinal), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task RegisterTask_EmptyForm_ShowsEachFieldsProblem()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.AddTeamAsync("hotels", "Hotels");
        var page = context.Render<RegisterTask>();

        await page.WaitForElement("form").SubmitAsync();

        page.WaitForAssertion(() =>
        {
            Assert.Contains("The instruction is empty", page.Markup, StringComparison.Ordinal);
            Assert.Contains("needs at least 2 labels", page.Markup, StringComparison.Ordinal);
            Assert.Contains("must be 1 to 64 lower-case letters", page.Markup, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task RegisterTask_FilledIn_StoresTheTaskAndAsksForData()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.AddTeamAsync("hotels", "Hotels");
        var page = context.Render<RegisterTask>();
        page.WaitForElement("form");

        await page.FindByLabel("Name").ChangeAsync("hotel-sentiment");
        await page.FindByLabel("Instruction").ChangeAsync("Say whether the guest liked the stay.");
        await page.FindByLabel("Labels").ChangeAsync("good\nbad");
        await page.Find("form").SubmitAsync();

        page.WaitForAssertion(() => Assert.EndsWith("/tasks/hotel-sentiment/upload", context.Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal));
        await using var database = context.World.Open();
        Assert.Equal(["good", "bad"], (await database.Tasks.SingleAsync(TestContext.Current.CancellationToken)).Labels);
    }
}
