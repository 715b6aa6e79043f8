using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Revisions;
using Platform.Portal.Components.Pages.Tasks;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class DatasetPagesTests
{
    private static CancellationToken Cancellation => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task DatasetDetail_CheckedVersion_ShowsRowsLabelsAndLinksFindingsToTheirRows()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddAsync(context, rows: 80);

        var page = Open(context);

        page.WaitForAssertion(() => Assert.Contains("260 rows", page.Markup, StringComparison.Ordinal));
        Assert.Contains("message number 0", page.Markup, StringComparison.Ordinal);
        Assert.Contains(page.FindAll("a"), link => link.GetAttribute("href") == "/tasks/hotel-sentiment/data/1?label=good");
        Assert.Contains(page.FindAll("a"), link => link.GetAttribute("href") == "/tasks/hotel-sentiment/data/1?problem=label_unknown");
        Assert.Contains(page.FindAll("a"), link => link.GetAttribute("href")!.Contains("split=train&line=8", StringComparison.Ordinal));
    }

    [Fact]
    public async Task DatasetDetail_ProblemInTheAddress_ShowsItsRowsOnly()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddAsync(context, rows: 80);
        context.Services.GetRequiredService<NavigationManager>().NavigateTo("/tasks/hotel-sentiment/data/1?problem=label_unknown");

        var page = Open(context);

        page.WaitForAssertion(() => Assert.Contains("3 rows match", page.Markup, StringComparison.Ordinal));
        Assert.DoesNotContain("message number 3<", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DatasetDetail_NothingMatches_SaysSo()
    {
        await using var context = await PortalContext.CreateAsync();
        await AddAsync(context, rows: 20);
        context.Services.GetRequiredService<NavigationManager>().NavigateTo("/tasks/hotel-sentiment/data/1?find=zebra");

        var page = Open(context);

        page.WaitForAssertion(() => Assert.Contains("No row matches", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task DatasetDetail_LeaveARowOut_CollectsADraftThatIsSavedAsANewVersion()
    {
        await using var context = await PortalContext.CreateAsync();
        var version = await AddAsync(context, rows: 20);
        var page = Open(context);
        page.WaitForElement("button[aria-label^='Leave out']");

        await page.Find("button[aria-label^='Leave out']").ClickAsync(new());
        page.WaitForAssertion(() => Assert.Contains("1 row left out by Uma User", page.Markup, StringComparison.Ordinal));
        await page.FindButton("Save as a new version").ClickAsync(new());

        page.WaitForAssertion(() => Assert.Contains("are being written into a new version", page.Markup, StringComparison.Ordinal));
        var revision = await context.World.Get<DatasetRevisions>().NewestAsync(World.Platform, version.Id, Cancellation);
        Assert.Equal(RevisionStatus.Queued, revision!.Status);
    }

    [Fact]
    public async Task DatasetDetail_WithoutIndex_SaysThatItHasToBeCheckedAgain()
    {
        await using var context = await PortalContext.CreateAsync();
        var version = await AddAsync(context, rows: 20);
        File.Delete(Path.Combine(context.World.Get<Platform.Domain.Artifacts.ArtifactStore>().Root, "row-indexes", $"{version.Id:N}.db"));

        var page = Open(context);

        page.WaitForAssertion(() => Assert.Contains("has to be checked again", page.Markup, StringComparison.Ordinal));
        Assert.NotNull(page.FindButton("Check this version again"));
    }

    private static IRenderedComponent<DatasetDetail> Open(PortalContext context) =>
        context.Render<DatasetDetail>(parameters => parameters.Add(detail => detail.Name, "hotel-sentiment").Add(detail => detail.Number, 1));

    private static async Task<DatasetVersion> AddAsync(PortalContext context, int rows)
    {
        await context.SignInAsync(isAdmin: true);
        context.Render<MudPopoverProvider>();
        var task = await context.World.AddTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");
        return await context.World.CheckAsync(await context.World.AddDataAsync(task, rows, wrongLabel: "balcony"));
    }
}
