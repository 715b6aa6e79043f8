using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using Platform.Domain.Organisations;
using Platform.Domain.Rates;
using Platform.Portal.Components.Pages.Home;
using Platform.Portal.Components.Pages.Welcome;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class WelcomePageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task HomePage_FirstAdminOfAnEmptyPlatform_IsLedToTheGuideOnceAndThenReminded()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        var navigation = context.Services.GetRequiredService<NavigationManager>();

        var home = context.Render<HomePage>();
        home.WaitForAssertion(() => Assert.EndsWith("/welcome", navigation.Uri, StringComparison.Ordinal));
        var guide = context.Render<WelcomePage>();
        guide.WaitForElement("form[aria-label=Organisation]");
        navigation.NavigateTo("/");
        var again = context.Render<HomePage>();

        again.WaitForAssertion(() => Assert.Contains("not set up completely", again.Markup, StringComparison.Ordinal));
        Assert.EndsWith("/", navigation.Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HomePage_Member_IsNotAskedToSetUp()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);

        var home = context.Render<HomePage>();

        home.WaitForElement("[data-state=empty]");
        Assert.DoesNotContain("set-up", home.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WelcomePage_StepAfterStep_MakesWhatThePlatformNeedsAndEnds()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        context.Render<MudPopoverProvider>();
        var page = context.Render<WelcomePage>();
        page.WaitForElement("form[aria-label=Organisation]");

        await page.FindByLabel("Name of the organisation").ChangeAsync("Example Inc");
        await page.FindByLabel("Currency").ChangeAsync("eur");
        await page.Find("form[aria-label=Organisation]").SubmitAsync();
        page.WaitForElement("form[aria-label='Create a team']");
        await page.FindByLabel("Short name").ChangeAsync("hotels");
        await page.Find("form[aria-label='Create a team']").SubmitAsync();
        page.WaitForElement("form[aria-label='Invite a person']");
        await page.FindByLabel("Email to invite").ChangeAsync("mia@example.com");
        await page.Find("form[aria-label='Invite a person']").SubmitAsync();
        page.WaitForAssertion(() => Assert.Contains("Next step", page.Markup, StringComparison.Ordinal));
        Assert.Contains("/invitation#", page.Markup, StringComparison.Ordinal);
        await page.FindButton("Skip the rest").ClickAsync(new());

        var state = (await context.World.Get<OrganisationBook>().SetupAsync(World.Platform, Cancellation)).Value;
        Assert.Equal((true, "Example Inc", true, true), (state.HasEnded, state.Name, state.HasTeam, state.HasPeople));
        Assert.Equal("EUR", (await context.World.Get<RateBook>().InForceAsync(TimeProvider.System.GetUtcNow().AddSeconds(1), Cancellation)).Currency);
    }

    [Fact]
    public async Task WelcomePage_PlatformInUse_DoesNotBeginASetUp()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.AddTeamAsync("hotels", "Hotels");
        context.Render<MudPopoverProvider>();

        context.Render<WelcomePage>().WaitForElement("[data-state=content]");

        Assert.False((await context.World.Get<OrganisationBook>().SetupAsync(World.Platform, Cancellation)).Value.IsDue);
    }
}
