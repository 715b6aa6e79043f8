using System.Net;
using System.Net.Http.Headers;
using Platform.Domain.Users;

namespace Platform.Portal.Tests.Access;

public sealed class SignInTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SignIn_RightPassword_OpensSessionAndGoesWhereTheUserWanted()
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("ada@example.com", "Ada", isAdmin: true);
        using var client = host.Open();

        var answer = await PortalHost.PostSignInAsync(client, "ada@example.com", PortalHost.Password, "?return=%2Fruns");

        Assert.EndsWith("/runs", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Contains(answer.Headers.GetValues("Set-Cookie"), cookie => cookie.StartsWith(SharedSignIn.CookieName + "=", StringComparison.Ordinal)
            && cookie.Contains("httponly", StringComparison.OrdinalIgnoreCase) && cookie.Contains("samesite=lax", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("?return=https%3A%2F%2Fevil.example")]
    [InlineData("?return=%2F%2Fevil.example")]
    [InlineData("?return=%2F%5Cevil.example")]
    public async Task SignIn_ReturnAddressElsewhere_StaysInThePortal(string query)
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("ada@example.com", "Ada", isAdmin: true);
        using var client = host.Open();

        var answer = await PortalHost.PostSignInAsync(client, "ada@example.com", PortalHost.Password, query);

        Assert.DoesNotContain("evil", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ada@example.com", "wrong")]
    [InlineData("nobody@example.com", PortalHost.Password)]
    public async Task SignIn_WrongEmailOrPassword_SaysTheSame(string email, string password)
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("ada@example.com", "Ada", isAdmin: true);
        using var client = host.Open();

        var answer = await PortalHost.PostSignInAsync(client, email, password);

        Assert.Contains("The email or the password is wrong", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignIn_TooManyWrongPasswords_LocksTheAccount()
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("ada@example.com", "Ada", isAdmin: true);
        using var client = host.Open();
        for (var attempt = 0; attempt < 10; attempt++)
            await PortalHost.PostSignInAsync(client, "ada@example.com", "wrong");

        var answer = await PortalHost.PostSignInAsync(client, "ada@example.com", PortalHost.Password);

        Assert.Contains("locked", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_SignedOut_AskToSignIn()
    {
        await using var host = await PortalHost.StartAsync();
        using var client = host.Open();
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));

        var answer = await client.GetAsync("/runs", Cancellation);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("/signin?return=%2Fruns", answer.Headers.Location!.PathAndQuery);
    }

    [Theory]
    [InlineData("/admin/users")]
    [InlineData("/admin/rates")]
    [InlineData("/admin/audit")]
    [InlineData("/runs/plan")]
    public async Task AdminPages_Member_AreDenied(string page)
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        using var client = await host.SignInAsync("mia@example.com");

        var answer = await client.GetAsync(page, Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task OneTimePassword_BeforeANewOneIsChosen_OpensNothingElse()
    {
        await using var host = await PortalHost.StartAsync();
        var user = (await host.World.Get<UserAccounts>().CreateAsync(World.Platform, "new@example.com", "Nina", false, password: null, Cancellation)).Value;
        using var client = await host.SignInAsync("new@example.com", user.OneTimePassword!);

        var before = await client.GetAsync("/runs", Cancellation);
        var download = await client.GetAsync("/usage.csv", Cancellation);
        var style = await client.GetAsync("/app.css", Cancellation);
        var changed = await client.PostAsync("/password", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["_handler"] = "password",
            ["__RequestVerificationToken"] = await PortalHost.TokenAsync(client),
            ["Input.Current"] = user.OneTimePassword!,
            ["Input.New"] = "a new and better one",
            ["Input.Repeat"] = "a new and better one",
        }), Cancellation);
        var after = await client.GetAsync("/runs", Cancellation);

        Assert.Equal("/password", before.Headers.Location!.ToString());
        Assert.Equal("/password", download.Headers.Location?.ToString());
        Assert.Equal(HttpStatusCode.OK, style.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, changed.StatusCode);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task DeactivatedAccount_WithTheRightPassword_IsRefusedAndItsOpenSessionDoesNothing()
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("ada@example.com", "Ada", isAdmin: true);
        var mia = await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        using var session = await host.SignInAsync("mia@example.com");
        Assert.Equal(HttpStatusCode.OK, (await session.GetAsync("/usage.csv", Cancellation)).StatusCode);

        Assert.True((await host.World.Get<UserAccounts>().DeactivateAsync(World.Platform, mia, "Left the company.", Cancellation)).IsSuccess);
        using var fresh = host.Open();
        var answer = await PortalHost.PostSignInAsync(fresh, "mia@example.com", PortalHost.Password);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("locked", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await session.GetAsync("/usage.csv", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task SignOut_WithoutToken_KeepsTheSession()
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("ada@example.com", "Ada", isAdmin: true);
        using var client = await host.SignInAsync("ada@example.com");

        await client.PostAsync("/signout", new FormUrlEncodedContent([]), Cancellation);

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/runs", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task SignOut_WithToken_EndsTheSession()
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("ada@example.com", "Ada", isAdmin: true);
        using var client = await host.SignInAsync("ada@example.com");

        await client.PostAsync("/signout", new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = await PortalHost.TokenAsync(client) }), Cancellation);

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/runs", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Answers_Always_CarrySecurityHeaders()
    {
        await using var host = await PortalHost.StartAsync();
        using var client = host.Open();

        foreach (var path in new[] { "/signin", "/healthz", "/app.css", "/nowhere" })
        {
            var answer = await client.GetAsync(path, Cancellation);

            Assert.Contains(answer.Headers.GetValues("Content-Security-Policy"), policy => policy.Contains("frame-ancestors 'none'", StringComparison.Ordinal));
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        }
    }

    /// <summary>The first says that the process is up, the second that its database answers.</summary>
    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    public async Task Health_SignedOut_IsHealthy(string path)
    {
        await using var host = await PortalHost.StartAsync();
        using var client = host.Open();

        Assert.Equal("Healthy", await client.GetStringAsync(path, Cancellation));
    }
}
