using System.Text.Json;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Artifacts;
using Platform.Domain.Models;
using Platform.Domain.Models.Reports;
using Platform.Domain.Tasks;
using Platform.Portal.Components.Pages.Models;
using Platform.Portal.Components.Pages.Models.Reports;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class TaskReportPageTests
{
    private static readonly string[] Labels = ["praise", "complaint", "question"];

    [Fact]
    public async Task Page_WithAReport_ShowsWarningsFirstAndEveryPart()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var version = await AddVersionAsync(context, Report());

        var page = Open(context, version.Number);

        var content = page.WaitForElement("[data-state=content]");
        Assert.True(content.InnerHtml.IndexOf("Few rows.", StringComparison.Ordinal) < content.InnerHtml.IndexOf("Single-task model", StringComparison.Ordinal));
        Assert.Contains("−0.020 to +0.150", page.Find("section[aria-label=Score]").TextContent, StringComparison.Ordinal);
        Assert.Contains("It may be", page.Find("section[aria-label=Score]").TextContent, StringComparison.Ordinal);
        Assert.Contains("Reliability diagram: scores promise 80.0 %", page.Find(".reliability svg").GetAttribute("aria-label"), StringComparison.Ordinal);
        Assert.Equal(2, page.FindAll(".reliability details tbody tr").Count);
        Assert.Equal(["question", "complaint", "praise"], page.FindAll(".label-table tbody th").Select(cell => cell.TextContent));
        Assert.Equal(20, page.FindAll("#wrong-rows tbody tr").Count);
        Assert.Contains("60 of 200 test rows", page.Find("#wrong-rows").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", content.InnerHtml, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Confusions_Cell_LeadsToItsWrongRows()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var version = await AddVersionAsync(context, Report());
        var page = Open(context, version.Number);
        page.WaitForElement(".confusion");

        var cell = page.Find("a[title='praise answered as complaint']");
        Assert.Equal("40", cell.TextContent);
        Assert.Contains("wrong-2", cell.ParentElement!.ClassName, StringComparison.Ordinal);
        context.Services.GetRequiredService<NavigationManager>().NavigateTo(cell.GetAttribute("href")!);

        page.WaitForAssertion(() => Assert.Contains("1 to 20 of 40", page.Find("#wrong-rows nav").TextContent, StringComparison.Ordinal));
        Assert.All(page.FindAll("#wrong-rows tbody tr"), row => Assert.Equal("praise", row.Children[1].TextContent));
        context.Services.GetRequiredService<NavigationManager>().NavigateTo(page.Find("#wrong-rows nav a").GetAttribute("href")!);
        page.WaitForAssertion(() => Assert.Contains("21 to 40 of 40", page.Find("#wrong-rows nav").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Page_AgainstAnotherVersion_ShowsBothSideBySide()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var first = await AddVersionAsync(context, null);
        var second = await AddVersionAsync(context, Report($"version {first.Number}"), again: true);
        context.Services.GetRequiredService<NavigationManager>().NavigateTo($"{ReportAddress.Of(second.Number, "guest-mood")}?against={first.Number}");

        var page = Open(context, second.Number);

        page.WaitForAssertion(() => Assert.Contains($"Model version {first.Number}", page.Find("section[aria-label=Score] tbody").TextContent, StringComparison.Ordinal));
        Assert.Contains("No: this version is better", page.Find("section[aria-label=Score] tbody").TextContent, StringComparison.Ordinal);
        Assert.Contains($"Version {first.Number} 0.874", page.Find(".interval-chart").GetAttribute("aria-label"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_VersionFromBeforeReports_StillShowsItsScores()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var version = await AddVersionAsync(context, null);

        var page = Open(context, version.Number);

        Assert.Contains("This version has no report", page.WaitForElement(".empty-state").TextContent, StringComparison.Ordinal);
        Assert.Contains("0.874", page.Find("section[aria-label=Score]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_AnotherTeamsTask_IsNotFound()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);
        var version = await AddVersionAsync(context, Report());

        var page = Open(context, version.Number);

        Assert.Contains("not found", page.WaitForElement("[data-state=error]").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("Few rows.", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_BrokenDatabase_ShowsTheError()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.BreakDatabaseAsync();

        Assert.Contains("could not be loaded", Open(context, 1).WaitForElement("[data-state=error]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void ConfusionMatrix_ManyLabels_ShowsTheMostConfusedAndTheRest()
    {
        var labels = Enumerable.Range(0, 151).Select(label => $"label {label:000}").ToList();
        List<ConfusionCell> cells = [.. labels.Select(label => new ConfusionCell(label, label, 10)), new("label 007", "label 008", 5), new("label 100", "label 008", 2)];

        var matrix = new ConfusionMatrix(cells, labels);

        Assert.False(matrix.IsWhole);
        Assert.Equal(["label 007", "label 008", "label 100", "all others"], matrix.Labels);
        Assert.Equal(5, matrix.Count("label 007", "label 008"));
        Assert.Equal(1480, matrix.Count("all others", "all others"));
        Assert.Equal(15, matrix.Total("label 007"));
        Assert.Equal("heat wrong-2", matrix.Heat("label 007", "label 008"));
        Assert.Equal("heat right-4", matrix.Heat("label 007", "label 007"));
    }

    private static IRenderedComponent<TaskReportPage> Open(PortalContext context, int version) =>
        context.Render<TaskReportPage>(parameters => parameters.Add(page => page.Number, version).Add(page => page.TaskName, "guest-mood"));

    private static async Task<ModelVersion> AddVersionAsync(PortalContext context, EvaluationReport? report, bool again = false)
    {
        var world = context.World;
        TaskDefinition task = again
            ? (await context.Services.GetRequiredService<TaskCatalog>().FindAsync(Domain.Users.Actor.System("test"), "guest-mood", TestContext.Current.CancellationToken)).Value
            : await world.AddReadyTaskAsync(await world.AddTeamAsync("hotels", "Hotels"), "guest-mood");
        if (report is not null)
        {
            var store = context.Services.GetRequiredService<ArtifactStore>();
            using var staging = store.Stage(ArtifactStore.Reports);
            await File.WriteAllTextAsync(Path.Combine(staging.Folder, "report.json"), JsonSerializer.Serialize(report, JsonSerializerOptions.Web), TestContext.Current.CancellationToken);
            var stored = (await staging.CommitAsync(TestContext.Current.CancellationToken)).Value;
            world.Evaluation = one => one with { ReportPath = stored.Path, ReportSha256 = stored.Sha256 };
        }

        var run = await world.PlanAsync(task);
        return await world.FinishAsync(run, await world.TrainAsync(run, task), GateVerdict.Pass, task);
    }

    private static EvaluationReport Report(string other = "version 0")
    {
        var reliability = new Reliability(200, 0.1, 0.3, 0.6, 0.8, 0.7, [new(0, 0.5, 80, 0.4, 0.5), new(0.5, 0.6, 0, 0, 0), new(0.6, 1, 120, 0.9, 0.8)]);
        return new EvaluationReport
        {
            Format = 1, Task = "guest-mood", Kind = "classification", Metric = "accuracy", Rows = 200, Warnings = ["Few rows."], Score = new ScoreInterval(0.7, 0.6, 0.8),
            SingleScore = new ScoreInterval(0.63, 0.5, 0.7), Certainty = new Certainty(0.02, 0.085, 3600, false),
            Comparisons =
            [
                new ModelComparison("single-task", 200, 0.7, 0.63, new ScoreInterval(0.07, -0.02, 0.15), "mcnemar", 0.2, 0.4, 12, 5),
                new ModelComparison(other, 200, 0.7, 0.6, new ScoreInterval(0.1, 0.05, 0.2), "mcnemar", 0.001, null, 29, 3),
            ],
            Labels = [new("praise", 120, 80, 80, 1, 0.667, 0.8), new("complaint", 60, 100, 60, 0.6, 1, 0.75), new("question", 20, 20, 0, 0, 0, 0)],
            Confusion = [new("praise", "praise", 80), new("complaint", "complaint", 60), new("praise", "complaint", 40), new("question", "complaint", 20)],
            Calibration = new CalibrationFigures(1.5, 100, "Temperature 1.5, fitted on 100 validation rows.", reliability, reliability, null),
            WrongRows = 60,
            WrongExamples = [.. Enumerable.Range(0, 60).Select(row => new WrongExample(
                $"r{row}", $"text {row}", null, row < 40 ? Labels[0] : Labels[2], Labels[1], 0.9 - (row / 100.0), 0.05, 0, Labels[1]))],
        };
    }
}
