using System.Text.Json.Nodes;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Portal.Components.Pages.Runs;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class RunComparisonTests
{
    [Fact]
    public async Task CompareRuns_TwoRuns_ShowsScoresSettingsAndWhatTheyTook()
    {
        await using var context = await PortalContext.CreateAsync();
        await TwoRunsAsync(context, await context.SignInAsync(isAdmin: false));

        var page = Open(context, "1,2");

        page.WaitForElement("[data-state=content]");
        var results = page.Find("section[aria-label='Results by task']");
        Assert.Contains("0.874", results.TextContent, StringComparison.Ordinal);
        Assert.Contains("0.842 to 0.903", results.TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("flight-intent", page.Markup, StringComparison.Ordinal);
        Assert.Contains("Tasks of other teams are left out.", results.TextContent, StringComparison.Ordinal);
        var settings = page.FindAll("section[aria-label='Recipes'] tbody tr").Select(row => string.Join('|', row.Children.Select(cell => cell.TextContent.Trim()))).ToList();
        Assert.Equal(["seed|17|99"], settings);
        Assert.Contains("USD", page.Find("section[aria-label='Time and cost']").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompareRuns_OneRunOnly_SaysWhatToDo()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);

        var page = Open(context, "1");

        Assert.Contains("Choose at least two runs", page.Markup, StringComparison.Ordinal);
        Assert.Equal("/runs?runs=1", page.FindAll("a").First(link => link.TextContent.Contains("Go to the runs", StringComparison.Ordinal)).GetAttribute("href"));
    }

    [Fact]
    public async Task CompareRuns_UnknownRun_IsNotFound()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);

        var page = Open(context, "7,8");

        page.WaitForAssertion(() => Assert.Contains("Runs not found", page.Find("[data-state=error]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task RunList_QueuedRun_ShowsItsPlaceAndThatTheTimeIsUnknown()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.PlanAsync(await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment"));

        var page = context.Render<RunList>();

        page.WaitForElement("section[aria-label='In line']");
        var row = page.Find("section[aria-label='In line'] tbody tr");
        Assert.StartsWith("1", row.Children[0].TextContent, StringComparison.Ordinal);
        Assert.Equal("unknown", row.Children[2].TextContent);
        Assert.Contains("No Jobs worker that takes runs is alive.", row.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunList_TwoTicked_LeadsToTheirComparison()
    {
        await using var context = await PortalContext.CreateAsync();
        await TwoRunsAsync(context, await context.SignInAsync(isAdmin: false));
        context.Services.GetRequiredService<NavigationManager>().NavigateTo("/runs?runs=2");
        var page = context.Render<RunList>();

        await page.WaitForElement("input[aria-label='Compare run 1']").ChangeAsync(new() { Value = true });

        Assert.EndsWith("/runs?runs=2,1", Uri.UnescapeDataString(context.Services.GetRequiredService<NavigationManager>().Uri), StringComparison.Ordinal);
    }

    [Fact]
    public void Flat_ListOfNamedThings_IsKeyedByTheNames()
    {
        var flat = RunComparing.Flat(JsonNode.Parse("""{"seed":3,"filter":{"share":0.1},"tasks":[{"name":"b","version":2},{"name":"a","version":1}],"parts":[1,2],"base":null}""")!.AsObject());

        Assert.Equal(
            [("base", "none"), ("filter.share", "0.1"), ("parts", "[1,2]"), ("seed", "3"), ("tasks[a].version", "1"), ("tasks[b].version", "2")],
            flat.Select(pair => (pair.Key, pair.Value)).Order());
    }

    private static IRenderedComponent<CompareRuns> Open(PortalContext context, string runs)
    {
        context.Services.GetRequiredService<NavigationManager>().NavigateTo($"/runs/compare?runs={runs}");
        return context.Render<CompareRuns>();
    }

    private static async Task TwoRunsAsync(PortalContext context, Guid member)
    {
        var mine = await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels", member), "hotel-sentiment");
        var other = await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("flights", "Flights"), "flight-intent");
        foreach (var seed in new[] { 17, 99 })
        {
            var run = (await context.World.Get<RunPlanning>().PlanAsync(
                World.Platform, new RunRequest(null, [mine.Id, other.Id], new Recipe { Seed = seed }, "models/base"), TestContext.Current.CancellationToken)).Value;
            await context.World.FinishAsync(run, await context.World.TrainAsync(run, mine, other), GateVerdict.Pass, mine, other);
        }
    }
}
