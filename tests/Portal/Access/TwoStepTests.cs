using System.Net;
using System.Text.RegularExpressions;
using Platform.Domain.Users;
using Platform.TestStorage;

namespace Platform.Portal.Tests.Access;

public sealed partial class TwoStepTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SignIn_TwoStepIsOn_AsksForACodeAndGoesWhereTheUserWanted()
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        var (key, codes) = await EnrolAsync(host);
        using var client = host.Open();

        var password = await PortalHost.PostSignInAsync(client, "mia@example.com", PortalHost.Password, "?return=%2Fruns");
        Assert.StartsWith("/signin/code?", password.Headers.Location!.PathAndQuery, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/runs", Cancellation)).StatusCode);
        var wrong = await PostCodeAsync(client, password.Headers.Location!, "000000");
        Assert.Contains("The code is wrong", await wrong.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        var right = await PostCodeAsync(client, password.Headers.Location!, AuthenticatorApp.Code(key, TimeProvider.System.GetUtcNow(), later: 1));

        Assert.EndsWith("/runs", right.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/runs", Cancellation)).StatusCode);

        using var other = host.Open();
        var location = (await PostHomeAsync(other)).Headers.Location!;
        Assert.Equal(HttpStatusCode.Redirect, (await PostCodeAsync(other, location, codes[0].ToLowerInvariant())).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/runs", Cancellation)).StatusCode);
        using var third = host.Open();
        Assert.Equal(HttpStatusCode.OK, (await PostCodeAsync(third, (await PostHomeAsync(third)).Headers.Location!, codes[0])).StatusCode);
    }

    [Theory]
    [InlineData("999999")]
    [InlineData("AAAAA-BBBBB")]
    public async Task SignIn_ManyWrongCodes_LockTheAccountForThePasswordToo(string wrong)
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        await EnrolAsync(host);
        using var client = host.Open();
        var location = (await PostHomeAsync(client)).Headers.Location!;
        for (var attempt = 0; attempt < 10; attempt++)
            await PostCodeAsync(client, location, wrong);

        Assert.Contains("locked", await (await PostCodeAsync(client, location, wrong)).Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        using var fresh = host.Open();
        Assert.Contains("locked", await (await PostHomeAsync(fresh)).Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CodePage_WithoutPassword_LeadsToTheSignIn()
    {
        await using var host = await PortalHost.StartAsync();
        using var client = host.Open();

        Assert.EndsWith("/signin", (await client.GetAsync("/signin/code", Cancellation)).Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignOutOthers_EndsTheOtherSessionAndKeepsThisOne()
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        using var here = await host.SignInAsync("mia@example.com");

        var answer = await here.PostAsync("/signout/others", new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = await PortalHost.TokenAsync(here) }), Cancellation);

        Assert.Equal("/profile?ended=true", answer.Headers.Location!.ToString());
        Assert.Contains(answer.Headers.GetValues("Set-Cookie"), cookie => cookie.StartsWith(SharedSignIn.CookieName + "=", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await here.GetAsync("/runs", Cancellation)).StatusCode);
        Assert.Equal(1, await host.World.CountAuditAsync("user.sessions_ended"));
    }

    /// <summary>Through the page: its key is the one that a phone would scan.</summary>
    private static async Task<(string Key, IReadOnlyList<string> Codes)> EnrolAsync(PortalHost host)
    {
        using var client = await host.SignInAsync("mia@example.com");
        var page = await client.GetStringAsync("/profile/two-step", Cancellation);
        var key = TypedKey().Match(page).Groups[1].Value;
        Assert.Contains("QR code", page, StringComparison.Ordinal);

        var answer = await client.PostAsync("/profile/two-step", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["_handler"] = "on",
            ["__RequestVerificationToken"] = await PortalHost.TokenAsync(client, "/profile/two-step"),
            ["On.Code"] = AuthenticatorApp.Code(key, TimeProvider.System.GetUtcNow()),
        }), Cancellation);
        var html = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.Headers.CacheControl is { NoStore: true });
        var codes = RecoveryCode().Matches(html).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(TwoStepSignIn.RecoveryCodes, codes.Count);
        Assert.DoesNotContain(codes[0], await client.GetStringAsync("/profile/two-step", Cancellation), StringComparison.Ordinal);
        return (key, codes);
    }

    private static Task<HttpResponseMessage> PostHomeAsync(HttpClient client) => PortalHost.PostSignInAsync(client, "mia@example.com", PortalHost.Password);

    private static async Task<HttpResponseMessage> PostCodeAsync(HttpClient client, Uri location, string code)
    {
        var address = location.IsAbsoluteUri ? location.PathAndQuery : location.ToString();
        return await client.PostAsync(address, new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["_handler"] = "code",
            ["__RequestVerificationToken"] = await PortalHost.TokenAsync(client, address),
            ["Input.Code"] = code,
        }), Cancellation);
    }

    [GeneratedRegex("typed-key\">([A-Z2-7 ]+)<")]
    private static partial Regex TypedKey();

    [GeneratedRegex("<li>([A-Z0-9]{5}-[A-Z0-9]{5})</li>")]
    private static partial Regex RecoveryCode();
}
