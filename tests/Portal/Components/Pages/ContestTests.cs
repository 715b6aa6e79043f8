using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.Tasks;
using Platform.Domain.Users;
using Platform.Portal.Components.Pages.Home;
using Platform.Portal.Components.Pages.Runs;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class ContestTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunResults_MemberOfTheOwningTeam_ContestsWithAReason()
    {
        await using var context = await PortalContext.CreateAsync();
        var (run, _) = await TrainedAsync(context, await context.SignInAsync(isAdmin: false));
        var dialogs = context.Render<MudDialogProvider>();
        var page = Open(context);

        var contesting = page.WaitForElement("button[aria-label='Contest the decision on hotel-sentiment']").ClickAsync(new());
        await dialogs.WaitForElement("textarea").InputAsync(new() { Value = "Our guests write like theirs." });
        await dialogs.FindButton("Contest").ClickAsync(new());
        await contesting;

        page.WaitForAssertion(() => Assert.Contains("Contested: the team wants it isolated. Waits for an admin.", page.Markup, StringComparison.Ordinal));
        Assert.Contains("Our guests write like theirs.", page.Markup, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("button[aria-label^='Accept']"));
        Assert.Empty(page.FindAll("button[aria-label^='Contest']"));
        Assert.Single(await context.World.Get<FilterContests>().ListAsync(World.Platform, run.Id, Cancellation));
    }

    [Fact]
    public async Task Home_AdminWithAWaitingContest_DeclinesItAtTheRun()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var member = await context.World.AddUserAsync("mia@example.com", "Mia Member", isAdmin: false);
        var (run, task) = await TrainedAsync(context, member);
        await context.World.Get<FilterContests>().ContestAsync(Actor.ForUser(member, "Mia Member", isAdmin: false, [task.TeamId]), run.Id, task.Id, "Ours is special.", Cancellation);
        var home = context.Render<HomePage>();
        home.WaitForAssertion(() => Assert.Contains("Mia Member contests that hotel-sentiment was kept in run 1: Ours is special.", home.Markup, StringComparison.Ordinal));
        var dialogs = context.Render<MudDialogProvider>();
        var page = Open(context);
        Assert.Empty(page.FindAll("button[aria-label^='Contest']"));

        var declining = page.WaitForElement("button[aria-label='Decline the contest of hotel-sentiment']").ClickAsync(new());
        await dialogs.WaitForElement("textarea").InputAsync(new() { Value = "The probe is clear." });
        await dialogs.FindButton("Decline").ClickAsync(new());
        await declining;

        page.WaitForAssertion(() => Assert.Contains("The contest was declined.", page.Markup, StringComparison.Ordinal));
        Assert.Contains("The probe is clear.", page.Markup, StringComparison.Ordinal);
    }

    private static IRenderedComponent<RunDetail> Open(PortalContext context)
    {
        context.Services.GetRequiredService<NavigationManager>().NavigateTo("/runs/1?tab=results");
        return context.Render<RunDetail>(parameters => parameters.Add(detail => detail.Number, 1));
    }

    private static async Task<(FineTuningRun Run, TaskDefinition Task)> TrainedAsync(PortalContext context, Guid member)
    {
        context.Render<MudPopoverProvider>();
        var task = await context.World.AddReadyTaskAsync(await context.World.AddTeamAsync("hotels", "Hotels", member), "hotel-sentiment");
        var run = await context.World.PlanAsync(task);
        await context.World.TrainAsync(run, task);
        return (run, task);
    }
}
