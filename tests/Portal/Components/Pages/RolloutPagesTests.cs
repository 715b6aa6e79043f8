using Bunit;
using Microsoft.EntityFrameworkCore;
using MudBlazor;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Tasks;
using Platform.Portal.Components.Pages.Deployments;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

/// <summary>Canary, shadow, promotion and roll-back from the browser.</summary>
public sealed class RolloutPagesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Approve_AsCanaryWithATasksOwnShare_IsStored()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var task = await TaskAsync(context);
        await context.World.DeployAsync(await VersionAsync(context, task));
        await context.World.RequestAsync(await VersionAsync(context, task));
        var dialogs = context.Render<MudDialogProvider>();
        var page = Detail(context, 2);

        var click = page.FindButton("Approve").ClickAsync(new());
        dialogs.WaitForElement("input[type=radio]");
        await dialogs.FindAll("input[type=radio]")[1].ClickAsync(new());
        await dialogs.FindByLabel("Share of every task's requests").ChangeAsync("25");
        await dialogs.FindByLabel("Reason").InputAsync("Look at it with a quarter first.");
        await dialogs.FindButton("Approve").ClickAsync(new());
        await click;

        await using var database = context.World.Open();
        var approved = await database.Deployments.SingleAsync(deployment => deployment.Number == 2, Cancellation);
        Assert.Equal((DeploymentStatus.Approved, RolloutMode.Canary, 25), (approved.Status, approved.RolloutMode, approved.TrialPercent));
    }

    [Fact]
    public async Task Approve_NothingLive_OffersNoTrial()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.RequestAsync(await VersionAsync(context, await TaskAsync(context)));
        var dialogs = context.Render<MudDialogProvider>();
        var page = Detail(context, 1);

        _ = page.FindButton("Approve").ClickAsync(new());

        dialogs.WaitForAssertion(() => Assert.NotNull(dialogs.FindByLabel("Reason")));
        Assert.Empty(dialogs.FindAll("input[type=radio]"));
    }

    [Fact]
    public async Task Trial_Shadow_ShowsHowItsAnswersCompareAndCanBePromoted()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var task = await TaskAsync(context);
        var live = await context.World.DeployAsync(await VersionAsync(context, task));
        var trial = await context.World.DeployAsync(await VersionAsync(context, task), new RolloutPlan(RolloutMode.Shadow, 50, []));
        await context.World.Get<TrialComparisons>().AddAsync([new TrialComparison { DeploymentId = trial.Id, LiveId = live.Id, TaskId = task.Id, Inputs = 200, Same = 190, Failed = 1 }], Cancellation);
        var dialogs = context.Render<MudDialogProvider>();
        var page = Detail(context, 2);

        Assert.Contains("95.0 %", page.Find("table").TextContent, StringComparison.Ordinal);
        Assert.Contains("callers get what is live", page.Markup, StringComparison.Ordinal);
        var click = page.FindButton("Promote").ClickAsync(new());
        dialogs.WaitForAssertion(() => Assert.NotNull(dialogs.FindByLabel("Reason")));
        await dialogs.FindByLabel("Reason").InputAsync("The answers agree.");
        await dialogs.FindButton("Promote").ClickAsync(new());
        await click;

        page.WaitForAssertion(() => Assert.Contains("Live", page.Find(".mud-chip").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Trial_Member_SeesItButCannotSteerIt()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);
        var task = await TaskAsync(context);
        await context.World.DeployAsync(await VersionAsync(context, task));
        await context.World.DeployAsync(await VersionAsync(context, task), new RolloutPlan(RolloutMode.Canary, 5, []));

        var page = Detail(context, 2);

        Assert.Contains("5 % of every task's requests", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain(page.FindAll("button"), button => button.TextContent.Trim() is "Promote" or "End trial" or "Change share");
    }

    [Fact]
    public async Task DeploymentList_TaskRolledBack_IsShownAndCanBeLifted()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var task = await TaskAsync(context);
        await context.World.DeployAsync(await VersionAsync(context, task));
        await context.World.DeployAsync(await VersionAsync(context, task));
        await context.World.Get<RollBacks>().TaskAsync(Platform.Domain.Users.Actor.System("admin"), task.Name, null, "Worse on short reviews.", Cancellation);
        var dialogs = context.Render<MudDialogProvider>();
        var page = context.Render<DeploymentList>();
        page.WaitForElement("[data-state=content]");
        Assert.Contains("Worse on short reviews.", page.Markup, StringComparison.Ordinal);

        var click = page.FindButton("Lift").ClickAsync(new());
        dialogs.WaitForAssertion(() => Assert.NotNull(dialogs.FindByLabel("Reason")));
        await dialogs.FindByLabel("Reason").InputAsync("Mended.");
        await dialogs.FindAll("button").Last(button => button.TextContent.Trim() == "Lift").ClickAsync(new());
        await click;

        page.WaitForAssertion(() => Assert.DoesNotContain("Worse on short reviews.", page.Markup, StringComparison.Ordinal));
    }

    private static IRenderedComponent<DeploymentDetail> Detail(PortalContext context, int number)
    {
        var page = context.Render<DeploymentDetail>(parameters => parameters.Add(detail => detail.Number, number));
        page.WaitForElement("[data-state=content]");
        return page;
    }

    private static async Task<TaskDefinition> TaskAsync(PortalContext context) =>
        await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels"), "hotel-sentiment");

    private static async Task<ModelVersion> VersionAsync(PortalContext context, TaskDefinition task)
    {
        var run = await context.World.PlanAsync(task);
        return await context.World.FinishAsync(run, await context.World.TrainAsync(run, task), GateVerdict.Pass, task);
    }
}
