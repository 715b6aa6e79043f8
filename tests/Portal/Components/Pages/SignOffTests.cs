using Bunit;
using MudBlazor;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Portal.Components.Pages.Deployments;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class SignOffTests
{
    private static CancellationToken Cancellation => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task DeploymentDetail_MemberOfTheOwningTeam_SignsOff()
    {
        await using var context = await PortalContext.CreateAsync();
        var deployment = await RequestAsync(context, await context.SignInAsync(isAdmin: false));
        var page = Open(context);
        page.WaitForElement("button[aria-label='Sign off hotel-sentiment']");

        await page.Find("button[aria-label='Sign off hotel-sentiment']").ClickAsync(new());

        page.WaitForAssertion(() => Assert.Contains("Signed off", page.Markup, StringComparison.Ordinal));
        Assert.Equal(SignOffStatus.Accepted, (await context.World.Get<SignOffs>().ListAsync(deployment.Id, Cancellation)).Single().Status);
    }

    [Fact]
    public async Task DeploymentDetail_AdminWithoutTheTeam_SeesThatItWaitsAndCannotSign()
    {
        await using var context = await PortalContext.CreateAsync();
        var member = await context.World.AddUserAsync("mia@example.com", "Mia Member", isAdmin: false);
        await context.SignInAsync(isAdmin: true);
        await RequestAsync(context, member);
        var dialogs = context.Render<MudDialogProvider>();
        var page = Open(context);
        page.WaitForElement("[data-state=content]");
        Assert.Contains("Waiting for the team", page.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain(page.FindAll("button"), button => button.TextContent.Trim() == "Sign off");

        var approving = page.FindButton("Approve").ClickAsync(new());

        dialogs.WaitForAssertion(() => Assert.Contains("go ahead without the sign-off of hotel-sentiment", dialogs.Markup, StringComparison.Ordinal));
        Assert.False(approving.IsCompleted);
    }

    private static IRenderedComponent<DeploymentDetail> Open(PortalContext context) => context.Render<DeploymentDetail>(parameters => parameters.Add(detail => detail.Number, 1));

    private static async Task<Deployment> RequestAsync(PortalContext context, Guid member)
    {
        context.Render<MudPopoverProvider>();
        var task = await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels", member), "hotel-sentiment");
        var run = await context.World.PlanAsync(task);
        return await context.World.RequestAsync(await context.World.FinishAsync(run, await context.World.TrainAsync(run, task), GateVerdict.Pass, task));
    }
}
