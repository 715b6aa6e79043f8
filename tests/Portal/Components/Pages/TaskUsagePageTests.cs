using Bunit;
using Platform.Domain.Budgets;
using Platform.Domain.Models;
using Platform.Domain.Tasks;
using Platform.Domain.Usage;
using Platform.Portal.Components.Pages.Usage;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class TaskUsagePageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_TaskWithRequests_ShowsLatencyCachedShareCostBudgetAndSaving()
    {
        await using var context = await PortalContext.CreateAsync();
        var member = await context.SignInAsync(isAdmin: false);
        var task = await ServeAsync(context, member, requests: 5);
        await context.World.Get<BudgetBook>().SetAsync(World.Platform, new BudgetRequest(BudgetScope.Task, task.Id, BudgetPeriod.Month, BudgetKind.Hard, 12m, "USD"), Cancellation);

        var page = Open(context);

        page.WaitForElement("[data-state=content]");
        Assert.Equal("5", Fact(page, "Requests"));
        Assert.Equal("0 (0.0 %)", Fact(page, "Errors"));
        Assert.Equal("14 ms", Fact(page, "95 % answered within (p95)"));
        Assert.Contains("%", Fact(page, "Of them cached"), StringComparison.Ordinal);
        Assert.EndsWith("USD", Fact(page, "Cost, all of it"), StringComparison.Ordinal);
        Assert.Contains("the task hotel-sentiment for each month, hard", page.Markup, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("A server of its own", page.Markup, StringComparison.Ordinal);
        Assert.NotEmpty(page.Find("svg.day-chart").GetAttribute("aria-label")!);
        Assert.Contains("tasks/hotel-sentiment/usage.csv?from=", page.Find("a[download]").GetAttribute("href")!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_NothingAsked_SaysWhatToDoNext()
    {
        await using var context = await PortalContext.CreateAsync();
        var member = await context.SignInAsync(isAdmin: false);
        await context.World.AddTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels", member), "hotel-sentiment");

        var page = Open(context);

        page.WaitForAssertion(() => Assert.Contains("No request and no cost", page.Find("[data-state=empty]").TextContent, StringComparison.Ordinal));
        Assert.Equal(["/keys", "/tasks/hotel-sentiment/code"], page.FindAll("[data-state=empty] a").Select(link => link.GetAttribute("href")));
    }

    [Fact]
    public async Task Page_TaskOfAnotherTeam_IsNotFound()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);
        await ServeAsync(context, member: null, requests: 2);

        var page = Open(context);

        page.WaitForAssertion(() => Assert.Contains("Usage not found", page.Find("[data-state=error]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Page_BrokenDatabase_SaysThatItCannotBeLoaded()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.BreakDatabaseAsync();

        var page = Open(context);

        page.WaitForAssertion(() => Assert.Contains("The usage could not be loaded", page.Find("[data-state=error]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task UsagePage_ByTask_ShowsLatencyAndLeadsToTheTasksOwnPage()
    {
        await using var context = await PortalContext.CreateAsync();
        context.Render<MudBlazor.MudPopoverProvider>();
        await ServeAsync(context, await context.SignInAsync(isAdmin: false), requests: 3);

        var page = context.Render<UsagePage>();

        page.WaitForAssertion(() => Assert.StartsWith("/tasks/hotel-sentiment/usage?from=", page.Find("tbody a").GetAttribute("href")!, StringComparison.Ordinal));
        Assert.Contains(page.FindAll("tbody td"), cell => cell.TextContent == "14 msp50 14 ms");
    }

    private static IRenderedComponent<TaskUsagePage> Open(PortalContext context) => context.Render<TaskUsagePage>(parameters => parameters.Add(page => page.Name, "hotel-sentiment"));

    private static string Fact(IRenderedComponent<TaskUsagePage> page, string name) =>
        page.FindAll(".fact").First(fact => fact.QuerySelector("dt")!.TextContent == name).QuerySelector("dd")!.TextContent.Trim();

    private static async Task<TaskDefinition> ServeAsync(PortalContext context, Guid? member, int requests)
    {
        var team = await context.World.AddTeamAsync("hotels", "Hotels", member is { } id ? [id] : []);
        var task = await context.World.AddReadyTaskAsync(team, "hotel-sentiment");
        var run = await context.World.PlanAsync(task);
        var deployment = await context.World.DeployAsync(await context.World.FinishAsync(run, await context.World.TrainAsync(run, task), GateVerdict.Pass, task));
        var session = await context.World.Get<EngineSessions>().OpenAsync(deployment.Id, "host", "api:host:1:x", 1, Cancellation);
        await context.World.Get<EngineSessions>().BeatAsync(session.Id, session.StartedAt.AddSeconds(1), 0, 1, Cancellation);
        await context.World.AddRequestsAsync(deployment, await context.World.AddKeyAsync(team, task), task, requests);
        return task;
    }
}
