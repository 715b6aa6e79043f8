using AngleSharp.Dom;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Runs;
using Platform.Domain.Tasks;
using Platform.Portal.Components.Controls;
using Platform.Portal.Components.Pages.Runs;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class RunTabsTests
{
    private const string Map = """
        {"map":{"method":"leaveOneOut","meaning":"What leaving a task in does.","tasks":["hotel-sentiment","flight-intent"],"examples":[10,20],"rows":[8,8],"confidence":0.95,
         "effects":[[null,{"value":0.042,"low":0.011,"high":0.07}],[{"value":-0.02,"low":-0.05,"high":0.01},null]],"others":[{"value":-0.02,"low":-0.05,"high":0.01},{"value":0.042,"low":0.011,"high":0.07}]}}
        """;

    [Fact]
    public async Task Pause_RunningRun_AsksForItAndOffersToResume()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var run = await context.World.PlanAsync(await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment"));
        var page = context.Render<RunDetail>(parameters => parameters.Add(detail => detail.Number, 1));

        await page.WaitForElement("button:contains('Pause')").ClickAsync(new());

        page.WaitForAssertion(() => Assert.Contains("The run is paused", page.Markup, StringComparison.Ordinal));
        Assert.Equal(RunStatus.Paused, (await context.World.Get<RunQueries>().FindAsync(run.Number, TestContext.Current.CancellationToken)).Value.Status);
        await page.WaitForElement("button:contains('Resume')").ClickAsync(new());
        page.WaitForAssertion(() => Assert.Contains("waits in the queue", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Steps_RunningPausedAndThroughAllRows_SayWhereTheyStand()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var task = await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");
        var run = await context.World.PlanAsync(task);
        var claim = await context.World.TrainAsync(run, task);
        var page = context.Render<RunDetail>(parameters => parameters.Add(detail => detail.Number, 1));

        page.WaitForAssertion(() => Assert.EndsWith("27 s", StageThree(), StringComparison.Ordinal)); // 1,600 rows at 58.3 a second
        var journal = context.World.Get<RunJournal>();
        var step = (await journal.LoadAsync(run.Id, TestContext.Current.CancellationToken)).Value.Steps.Single(one => one.Kind == RunStepKind.Stage3);
        await journal.ReportAsync(claim, step.Id, new StepProgress(4000, 4000, 160_000, 3_600_000, 0.64, 58.3, 0), [], TestContext.Current.CancellationToken);
        await page.InvokeAsync(() => page.FindComponent<DataView<RunView>>().Instance.ReloadAsync());
        page.WaitForAssertion(() => Assert.EndsWith("finishing", StageThree(), StringComparison.Ordinal));
        await page.Find("button:contains('Pause')").ClickAsync(new());
        await journal.ConfirmPausedAsync(claim, "Stage 3", TestContext.Current.CancellationToken);
        await page.InvokeAsync(() => page.FindComponent<DataView<RunView>>().Instance.ReloadAsync());
        page.WaitForAssertion(() => Assert.Contains("Paused", StageThree(), StringComparison.Ordinal));

        string StageThree() => page.Find("[role=group][aria-label='Stage 3: all kept tasks']").TextContent.Trim();
    }

    [Fact]
    public async Task Curves_TwoStages_ShowEachTaskOnOneAxisWithTheirBorder()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);

        var page = await OpenAsync(context, "curves");

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("figure.task-curve").Count));
        var figure = page.Find("figure.task-curve");
        Assert.Contains("Stage 2", figure.TextContent, StringComparison.Ordinal);
        Assert.Contains("Stage 3", figure.TextContent, StringComparison.Ordinal);
        Assert.Contains("5,000", figure.TextContent, StringComparison.Ordinal);
        Assert.Single(figure.QuerySelectorAll("line.chart-diagonal"));
    }

    [Fact]
    public async Task Mixture_DoneStage_ShowsDrawnBesidePlanned()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        context.World.StepResult = step => step.Kind == RunStepKind.Stage2
            ? """{"examplesByTask":{"hotel-sentiment":600,"flight-intent":200},"plannedByTask":{"hotel-sentiment":700,"flight-intent":200},"tokensByTask":{"hotel-sentiment":3000,"flight-intent":1000},"earlyStopped":["hotel-sentiment"]}"""
            : null;

        var page = await OpenAsync(context, "mixture");

        page.WaitForAssertion(() => Assert.Equal(["hotel-sentiment", "700", "600", "75.0 %", "2.0", "3,000", "75.0 %", "stopped early"], Cells(page.FindAll("tbody tr").Single(row => row.TextContent.Contains("hotel-sentiment", StringComparison.Ordinal)))));
    }

    [Fact]
    public async Task Compatibility_Map_IsATableWithNumbersAndWords()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        context.World.StepResult = step => step.Kind == RunStepKind.Probe ? Map : null;

        var page = await OpenAsync(context, "compatibility");

        page.WaitForAssertion(() => Assert.NotNull(page.Find("table.compatibility")));
        var row = page.FindAll("table.compatibility tbody tr")[0].QuerySelectorAll("td");
        Assert.Equal("–", row[0].TextContent);
        Assert.Equal("+4.2▲+1.1 to +7.0hurts", row[1].TextContent);
        Assert.Contains("wrong-5", row[1].ClassName, StringComparison.Ordinal);
        Assert.Contains("not clear", page.FindAll("table.compatibility tbody tr")[1].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compatibility_ByAffinity_IsInMultiplesOfAStepsOwnGain()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        context.World.StepResult = step => step.Kind == RunStepKind.Probe ? Map.Replace("leaveOneOut", "affinity", StringComparison.Ordinal).Replace("0.042", "0.87", StringComparison.Ordinal) : null;

        var page = await OpenAsync(context, "compatibility");

        page.WaitForAssertion(() => Assert.Contains("as a multiple of what a step on a task's own rows gains", page.Find("table.compatibility caption").TextContent, StringComparison.Ordinal));
        Assert.StartsWith("+0.87", page.FindAll("table.compatibility tbody tr")[0].QuerySelectorAll("td")[1].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compatibility_ForAMember_HidesOtherTeamsTasks()
    {
        await using var context = await PortalContext.CreateAsync();
        var user = await context.SignInAsync(isAdmin: false);
        context.World.StepResult = step => step.Kind == RunStepKind.Probe ? Map : null;

        foreach (var tab in new[] { "compatibility", "mixture", "figures", "recipe" })
        {
            var page = await OpenAsync(context, tab, user);
            page.WaitForAssertion(() => Assert.Contains("Run 1", page.Markup, StringComparison.Ordinal));
            Assert.DoesNotContain("flight-intent", page.Markup, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Figures_NothingMeasured_ShowsTheRealOnesAndSaysSo()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);

        var page = await OpenAsync(context, "figures");

        page.WaitForAssertion(() => Assert.Contains("was not measured yet", page.Markup, StringComparison.Ordinal));
        Assert.Equal("40,000", page.FindAll("tbody tr").Single(row => row.TextContent.Contains("Stage 2", StringComparison.Ordinal)).QuerySelectorAll("td")[0].TextContent);
    }

    private static List<string> Cells(IElement row) => [.. row.Children.Select(cell => cell.TextContent.Trim())];

    private static async Task<IRenderedComponent<RunDetail>> OpenAsync(PortalContext context, string tab, Guid? member = null)
    {
        if ((await context.World.Get<RunQueries>().ListAsync(1, TestContext.Current.CancellationToken)).Count == 0)
        {
            TaskDefinition[] tasks =
            [
                await context.World.AddReadyTaskAsync(member is null ? await context.World.AddTeamAsync("hotels", "Hotels") : await context.World.AddTeamAsync("hotels", "Hotels", member.Value), "hotel-sentiment"),
                await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("flights", "Flights"), "flight-intent"),
            ];
            await context.World.TrainAsync(await context.World.PlanAsync(tasks), tasks);
        }

        context.Services.GetRequiredService<NavigationManager>().NavigateTo($"/runs/1?tab={tab}");
        return context.Render<RunDetail>(parameters => parameters.Add(detail => detail.Number, 1));
    }
}
