using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Portal.Components.Pages.Deployments;
using Platform.Portal.Components.Pages.Models;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class DeploymentPagesTests
{
    [Fact]
    public async Task ModelList_NoVersion_PointsToTheRuns()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);

        var page = context.Render<ModelList>();

        Assert.Equal("/runs", page.WaitForElement("[data-state=empty] a").GetAttribute("href"));
    }

    [Fact]
    public async Task DeploymentList_BrokenDatabase_ShowsTheError()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.BreakDatabaseAsync();

        var page = context.Render<DeploymentList>();

        Assert.Contains("The deployments could not be loaded", page.WaitForElement("[data-state=error]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeploymentList_FilterInTheAddress_ShowsWhatMatchesOrSaysThatNothingDoes()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        context.Render<MudBlazor.MudPopoverProvider>();
        await context.World.RequestAsync(await AddVersionAsync(context, GateVerdict.Pass));
        var navigation = context.Services.GetRequiredService<NavigationManager>();

        navigation.NavigateTo("/deployments?status=requested&task=hotel-sentiment");
        var matching = context.Render<DeploymentList>();
        matching.WaitForAssertion(() => Assert.Single(matching.FindAll("tbody tr")));
        navigation.NavigateTo("/deployments?status=live");
        var none = context.Render<DeploymentList>();

        none.WaitForAssertion(() => Assert.Contains("No deployment matches", none.Markup, StringComparison.Ordinal));
        Assert.Contains(none.FindAll("a"), link => link.GetAttribute("href") == "/deployments");
    }

    [Fact]
    public async Task ModelDetail_Lineage_LeadsFromTheDataToDeployments()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.RequestAsync(await AddVersionAsync(context, GateVerdict.Pass));

        var page = context.Render<ModelDetail>(parameters => parameters.Add(detail => detail.Number, 1));

        page.WaitForElement("[data-state=content]");
        Assert.Equal(["Data", "Base model", "Recipe", "Run", "Model version 1", "Deployments"], page.FindAll("ol.lineage h3").Select(heading => heading.TextContent));
        var links = page.FindAll("ol.lineage a").Select(link => link.GetAttribute("href")).ToList();
        Assert.Contains("/runs/1", links);
        Assert.Contains("/deployments/1", links);
        Assert.Contains("/tasks/hotel-sentiment/data/1", page.FindAll("tbody a").Select(link => link.GetAttribute("href")));
    }

    [Fact]
    public async Task ModelDetail_TrainedOutside_SaysSoWithTheManifest()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var task = await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");
        var outside = new OutsideTraining(3, $"outside/{new string('a', 64)}", new string('a', 64), new string('b', 64), 4, "Ana", DateTimeOffset.UnixEpoch, "Ben", DateTimeOffset.UnixEpoch);
        var run = (await context.World.Get<RunPlanning>().PlanAsync(
            World.Platform, new RunRequest(null, [task.Id], new Recipe(), "models/base") { Outside = outside }, TestContext.Current.CancellationToken)).Value;
        await context.World.FinishAsync(run, await context.World.TrainAsync(run, task), GateVerdict.Pass, task);

        var page = context.Render<ModelDetail>(parameters => parameters.Add(detail => detail.Number, 1));

        page.WaitForElement("[data-state=content]");
        Assert.Contains("Stage 3 was trained outside of the platform, on what run 4 exported; brought back by Ben.", page.Find("ol.lineage").TextContent, StringComparison.Ordinal);
        Assert.Equal(outside.ManifestSha256, page.FindAll("ol.lineage .mono").Single(one => one.TextContent.StartsWith("Manifest", StringComparison.Ordinal)).GetAttribute("title"));
    }

    [Fact]
    public async Task ModelDetail_RequestDeployment_OpensTheNewDeployment()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await AddVersionAsync(context, GateVerdict.Pass);
        var page = context.Render<ModelDetail>(parameters => parameters.Add(detail => detail.Number, 1));
        page.WaitForElement("[data-state=content]");

        await page.FindButton("Request deployment").ClickAsync(new());

        page.WaitForAssertion(() => Assert.EndsWith("/deployments/1", context.Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal));
    }

    [Fact]
    public async Task DeploymentDetail_OwnRequest_CannotBeDecided()
    {
        await using var context = await PortalContext.CreateAsync();
        var user = await context.SignInAsync(isAdmin: true);
        var version = await AddVersionAsync(context, GateVerdict.Pass);
        await context.World.RequestAsync(version, Platform.Domain.Users.Actor.ForUser(user, "Uma User", true, []));

        var page = context.Render<DeploymentDetail>(parameters => parameters.Add(detail => detail.Number, 1));

        page.WaitForAssertion(() => Assert.Contains("another admin has to decide", page.Markup, StringComparison.Ordinal));
        Assert.DoesNotContain(page.FindAll("button"), button => button.TextContent.Trim() is "Approve" or "Reject");
    }

    [Fact]
    public async Task DeploymentDetail_Member_CannotDecide()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);
        await context.World.RequestAsync(await AddVersionAsync(context, GateVerdict.Pass));

        var page = context.Render<DeploymentDetail>(parameters => parameters.Add(detail => detail.Number, 1));

        page.WaitForElement("[data-state=content]");
        Assert.DoesNotContain(page.FindAll("button"), button => button.TextContent.Trim() is "Approve" or "Reject");
    }

    [Fact]
    public async Task DeploymentDetail_GateFailed_ApprovesOnlyWithReasonAndConsent()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.RequestAsync(await AddVersionAsync(context, GateVerdict.Fail));
        var dialogs = context.Render<MudDialogProvider>();
        var page = context.Render<DeploymentDetail>(parameters => parameters.Add(detail => detail.Number, 1));
        page.WaitForElement("[data-state=content]");
        Assert.Contains("The gate failed for hotel-sentiment", page.Markup, StringComparison.Ordinal);

        // The click ends only when the dialog does.
        var click = page.FindButton("Approve").ClickAsync(new());
        dialogs.WaitForAssertion(() => Assert.True(dialogs.FindButton("Approve").HasAttribute("disabled")));
        await dialogs.FindByLabel("Reason").InputAsync("The other tasks gain more.");
        Assert.True(dialogs.FindButton("Approve").HasAttribute("disabled"));
        await dialogs.Find("input[type=checkbox]").ChangeAsync(true);
        await dialogs.FindButton("Approve").ClickAsync(new());
        await click;

        await using var database = context.World.Open();
        var deployment = await database.Deployments.SingleAsync(TestContext.Current.CancellationToken);
        Assert.Equal((DeploymentStatus.Approved, "The other tasks gain more.", "Uma User"), (deployment.Status, deployment.Reason, deployment.DecidedByName));
    }

    private static async Task<ModelVersion> AddVersionAsync(PortalContext context, GateVerdict verdict)
    {
        var task = await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");
        var run = await context.World.PlanAsync(task);
        return await context.World.FinishAsync(run, await context.World.TrainAsync(run, task), verdict, task);
    }
}
