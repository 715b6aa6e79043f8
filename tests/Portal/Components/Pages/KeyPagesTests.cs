using Bunit;
using MudBlazor;
using Platform.Domain.Keys;
using Platform.Portal.Components.Pages.Admin;
using TestContext = Xunit.TestContext;

namespace Platform.Portal.Tests.Components.Pages;

public sealed class KeyPagesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task KeyList_Rotated_ShowsTheNewSecretOnceAndTheOldOnesLastHours()
    {
        await using var context = await PortalContext.CreateAsync();
        var mia = await context.SignInAsync(isAdmin: false);
        var team = await context.World.AddTeamAsync("hotels", "Hotels", mia);
        var key = await context.World.AddKeyAsync(team, await context.World.AddTaskAsync(team, "hotel-mood"));
        context.Render<MudPopoverProvider>();
        var dialogs = context.Render<MudDialogProvider>();
        var page = context.Render<KeyList>();
        page.WaitForElement("button[aria-label='Rotate booking-web']");

        var rotating = page.Find("button[aria-label='Rotate booking-web']").ClickAsync(new());
        dialogs.WaitForAssertion(() => Assert.Contains("24 hours", dialogs.Markup, StringComparison.Ordinal));
        await dialogs.FindButton("Make a new secret").ClickAsync(new());
        await rotating;

        page.WaitForAssertion(() => Assert.Contains("not used since", page.Markup, StringComparison.Ordinal));
        var secret = page.Find("pre code").TextContent;
        Assert.Equal(key.Id, (await context.World.Get<ApiKeys>().VerifyAsync(secret, Cancellation)).Value.KeyId);
        await page.FindButton("I have stored it").ClickAsync(new());
        Assert.DoesNotContain(secret, page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UserList_PersonInvited_ShowsTheLinkOnceAndRevokes()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        context.Render<MudPopoverProvider>();
        var dialogs = context.Render<MudDialogProvider>();
        var page = context.Render<UserList>();
        page.WaitForElement("form[aria-label='Invite a person']");

        await page.FindByLabel("Email to invite").ChangeAsync("mia@example.com");
        await page.Find("form[aria-label='Invite a person']").SubmitAsync();

        page.WaitForAssertion(() => Assert.Contains("/invitation#", page.Markup, StringComparison.Ordinal));
        page.WaitForElement("button[aria-label='Revoke the invitation of mia@example.com']");
        await page.FindButton("I have stored it").ClickAsync(new());
        Assert.DoesNotContain("/invitation#", page.Markup, StringComparison.Ordinal);

        var revoking = page.Find("button[aria-label='Revoke the invitation of mia@example.com']").ClickAsync(new());
        dialogs.WaitForAssertion(() => Assert.Contains("stops working", dialogs.Markup, StringComparison.Ordinal));
        await dialogs.FindButton("Revoke").ClickAsync(new());
        await revoking;
        page.WaitForAssertion(() => Assert.Contains("Revoked", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task UserList_SomebodyLeaves_IsDeactivatedWithAReason()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        await context.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        context.Render<MudPopoverProvider>();
        var dialogs = context.Render<MudDialogProvider>();
        var page = context.Render<UserList>();
        page.WaitForElement("button[aria-label='Deactivate mia@example.com']");

        // Nobody closes their own account.
        Assert.Single(page.FindAll("button[aria-label^='Deactivate ']"));
        Assert.Single(page.FindAll("button[aria-label='Make an admin: mia@example.com']"));
        var closing = page.Find("button[aria-label='Deactivate mia@example.com']").ClickAsync(new());
        dialogs.WaitForAssertion(() => Assert.Contains("rotate those that they knew", dialogs.Markup, StringComparison.Ordinal));
        await dialogs.Find("textarea").InputAsync("Left the company.");
        await dialogs.FindButton("Deactivate").ClickAsync(new());
        await closing;

        page.WaitForElement("button[aria-label='Reactivate mia@example.com']");
        Assert.Equal(1, await context.World.CountAuditAsync("user.deactivated"));
    }

    [Fact]
    public async Task UserList_BadAddress_NamesTheField()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: true);
        context.Render<MudPopoverProvider>();
        var page = context.Render<UserList>();
        page.WaitForElement("form[aria-label='Invite a person']");

        await page.FindByLabel("Email to invite").ChangeAsync("mia");
        await page.Find("form[aria-label='Invite a person']").SubmitAsync();

        page.WaitForAssertion(() => Assert.Contains("no address that one can sign in with", page.Markup, StringComparison.Ordinal));
    }
}
