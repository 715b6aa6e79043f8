using System.Net;
using Platform.Domain.Invitations;
using Platform.Domain.Users;
using Platform.Portal.Access;

namespace Platform.Portal.Tests.Access;

public sealed class InvitationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Invitation_Opened_ShowsTheAddressAndMakesASignedInUser()
    {
        await using var host = await PortalHost.StartAsync();
        var team = await host.World.AddTeamAsync("hotels", "Hotels");
        var issued = await InviteAsync(host, team.Id);
        using var client = host.Open();

        var looked = await TextAsync(await LookAsync(client, issued.Token));
        var accepted = await AcceptAsync(client, issued.Token, "Mia", PortalHost.Password);

        Assert.Contains("mia@example.com", looked, StringComparison.Ordinal);
        Assert.Contains("Hotels", looked, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, accepted.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/tasks", Cancellation)).StatusCode);
        using var later = await host.SignInAsync("mia@example.com");
        var user = Assert.Single(await host.World.Get<UserAccounts>().ListAsync(Cancellation));
        Assert.Equal(("Mia", false), (user.DisplayName, user.IsAdmin));
        Assert.Equal(["hotels"], user.Teams);
    }

    [Fact]
    public async Task Invitation_UsedAgain_SaysSo()
    {
        await using var host = await PortalHost.StartAsync();
        var issued = await InviteAsync(host);
        using var first = host.Open();
        await AcceptAsync(first, issued.Token, "Mia", PortalHost.Password);
        using var second = host.Open();

        Assert.Contains("was used already", await TextAsync(await LookAsync(second, issued.Token)), StringComparison.Ordinal);
        Assert.Contains("was used already", await TextAsync(await AcceptAsync(second, issued.Token, "Eve", PortalHost.Password)), StringComparison.Ordinal);
        Assert.Single(await host.World.Get<UserAccounts>().ListAsync(Cancellation));
    }

    [Fact]
    public async Task Invitation_PasswordsThatDiffer_KeepTheFormAndTheInvitation()
    {
        await using var host = await PortalHost.StartAsync();
        var issued = await InviteAsync(host);
        using var client = host.Open();

        var refused = await TextAsync(await AcceptAsync(client, issued.Token, "Mia", PortalHost.Password, "another long password"));

        Assert.Contains("passwords differ", refused, StringComparison.Ordinal);
        Assert.Contains("Create my account", refused, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, (await AcceptAsync(client, issued.Token, "Mia", PortalHost.Password)).StatusCode);
    }

    [Fact]
    public async Task Invitation_ManyWrongCodes_AreSlowedDown()
    {
        await using var host = await PortalHost.StartAsync();
        var issued = await InviteAsync(host);
        using var client = host.Open();
        for (var attempt = 0; attempt < InvitationAttempts.MostFailures; attempt++)
            Assert.Equal(HttpStatusCode.OK, (await LookAsync(client, new string('x', InvitationBook.TokenLength))).StatusCode);

        var refused = await LookAsync(client, issued.Token);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains("Wait a few minutes", await TextAsync(refused), StringComparison.Ordinal);
    }

    private static async Task<IssuedInvitation> InviteAsync(PortalHost host, Guid? team = null) => (await host.World.Get<InvitationBook>().InviteAsync(
        World.Platform, new InvitationRequest("mia@example.com", IsAdmin: false, team, InvitationBook.DefaultLifetime), Cancellation)).Value;

    private static Task<string> TextAsync(HttpResponseMessage answer) => answer.Content.ReadAsStringAsync(Cancellation);

    private static async Task<HttpResponseMessage> LookAsync(HttpClient client, string token) => await client.PostAsync("/invitation", new FormUrlEncodedContent(new Dictionary<string, string>
    {
        ["_handler"] = "invitation",
        ["__RequestVerificationToken"] = await PortalHost.TokenAsync(client, "/invitation"),
        ["Code.Token"] = token,
    }), Cancellation);

    private static async Task<HttpResponseMessage> AcceptAsync(HttpClient client, string token, string name, string password, string? repeat = null) => await client.PostAsync("/invitation", new FormUrlEncodedContent(new Dictionary<string, string>
    {
        ["_handler"] = "account",
        ["__RequestVerificationToken"] = await PortalHost.TokenAsync(client, "/invitation"),
        ["Account.Token"] = token,
        ["Account.Name"] = name,
        ["Account.Password"] = password,
        ["Account.Repeat"] = repeat ?? password,
    }), Cancellation);
}
