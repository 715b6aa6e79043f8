using Bunit;
using Platform.Domain.Models;
using Platform.Portal.Components.Pages.Home;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class HomePageTests
{
    [Fact]
    public async Task HomePage_NoTask_SaysWhatToDo()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);

        var page = context.Render<HomePage>();

        Assert.Contains("Register your first task", page.WaitForElement("[data-state=empty]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HomePage_Member_SeesStatesAndWhatWaits()
    {
        await using var context = await PortalContext.CreateAsync();
        var user = await context.SignInAsync(isAdmin: false);
        var world = context.World;
        var team = await world.AddTeamAsync("hotels", "Hotels", user);
        var task = await world.AddReadyTaskAsync(team, "hotel-sentiment");
        await world.AddTaskAsync(team, "guest-intent");
        await world.CheckAsync(await world.AddDataAsync(await world.AddTaskAsync(team, "room-topic"), 40, wrongLabel: "balcony"));
        await world.AddTaskAsync(await world.AddTeamAsync("flights", "Flights"), "flight-intent");
        var run = await world.PlanAsync(task);
        await world.RequestAsync(await world.FinishAsync(run, await world.TrainAsync(run, task), GateVerdict.Pass, task));

        var page = context.Render<HomePage>();
        page.WaitForElement("[data-state=content]");

        Assert.Contains("your team has not signed it off", page.Find(".waiting").TextContent, StringComparison.Ordinal);
        Assert.Equal("/deployments/1", page.Find(".waiting a").GetAttribute("href"));
        var states = page.FindAll("tbody tr").Select(row => (row.QuerySelector("a")!.TextContent, row.QuerySelector(".status-chip")!.TextContent.Trim()));
        Assert.Equal([("room-topic", "Data problems"), ("guest-intent", "No data"), ("hotel-sentiment", "Ready for a run")], states);
        Assert.DoesNotContain("flight-intent", page.Markup, StringComparison.Ordinal);
        Assert.Contains("0.874", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HomePage_Admin_SeesRequestsOfOthersToDecide()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var task = await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");
        var run = await context.World.PlanAsync(task);
        await context.World.RequestAsync(await context.World.FinishAsync(run, await context.World.TrainAsync(run, task), GateVerdict.Pass, task));

        var page = context.Render<HomePage>();

        page.WaitForAssertion(() => Assert.Contains("asks to bring model version 1 live", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task HomePage_DatabaseGone_SaysSo()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.BreakDatabaseAsync();

        var page = context.Render<HomePage>();

        Assert.Contains("The tasks could not be loaded", page.WaitForElement("[data-state=error]").TextContent, StringComparison.Ordinal);
    }
}
