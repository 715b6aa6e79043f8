using System.Net;
using Microsoft.Extensions.Options;
using Platform.Domain.Users;
using Platform.Portal.Setup;
using Platform.TestStorage;

namespace Platform.Portal.Tests.Access;

public sealed class ExternalSignInTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SignIn_VerifiedAddressOfAUser_OpensTheirSessionWithTheirRights()
    {
        await using var provider = await IdentityProvider.StartAsync();
        await using var host = await StartAsync(provider);
        await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        using var client = host.Open();

        Assert.Contains("Sign in with Example Inc", await client.GetStringAsync("/signin", Cancellation), StringComparison.Ordinal);
        var end = await WalkAsync(client, "/signin/external?return=%2Fruns");

        Assert.Equal("/runs", end);
        Assert.True(provider.SawProofKey);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/runs", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/admin/users", Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("stranger@example.com", true, false, "problem=unknown")]
    [InlineData("mia@example.com", false, false, "problem=unverified")]
    [InlineData("mia@example.com", true, true, "problem=failed")]
    public async Task SignIn_UnknownUnverifiedOrForged_OpensNothingAndMakesNobody(string email, bool verified, bool forges, string problem)
    {
        await using var provider = await IdentityProvider.StartAsync();
        (provider.Email, provider.IsVerified, provider.Forges) = (email, verified, forges);
        await using var host = await StartAsync(provider);
        await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: true);
        using var client = host.Open();

        Assert.Equal("/signin?" + problem, await WalkAsync(client, "/signin/external"));

        Assert.Contains("class=\"problem\"", await client.GetStringAsync("/signin?" + problem, Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/runs", Cancellation)).StatusCode);
        Assert.Single(await host.World.Get<UserAccounts>().ListAsync(Cancellation));
    }

    [Fact]
    public async Task SignIn_UserWithTwoSteps_StillAsksForTheCode()
    {
        await using var provider = await IdentityProvider.StartAsync();
        await using var host = await StartAsync(provider);
        var id = await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        var mia = (await host.World.Get<UserAccounts>().ActorAsync(id, Cancellation)).Value;
        var steps = host.World.Get<TwoStepSignIn>();
        var key = (await steps.PrepareAsync(mia, Cancellation)).Value;
        Assert.True((await steps.SwitchOnAsync(mia, AuthenticatorApp.Code(key, TimeProvider.System.GetUtcNow()), Cancellation)).IsSuccess);
        using var client = host.Open();

        Assert.Equal("/signin/code?return=%2Fruns", await WalkAsync(client, "/signin/external?return=%2Fruns"));

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/runs", Cancellation)).StatusCode);
        Assert.Contains("one-time-code", await client.GetStringAsync("/signin/code", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignIn_ReturnAddressElsewhere_StaysInThePortal()
    {
        await using var provider = await IdentityProvider.StartAsync();
        await using var host = await StartAsync(provider);
        await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        using var client = host.Open();

        Assert.Equal("/", await WalkAsync(client, "/signin/external?return=https%3A%2F%2Fevil.example"));
    }

    [Fact]
    public async Task SignIn_NotConfigured_IsNotOffered()
    {
        await using var host = await PortalHost.StartAsync();
        using var client = host.Open();

        Assert.DoesNotContain("/signin/external", await client.GetStringAsync("/signin", Cancellation), StringComparison.Ordinal);
        Assert.Equal("/signin", (await client.GetAsync("/signin/external", Cancellation)).Headers.Location!.ToString());
        Assert.Equal("/signin?problem=failed", (await client.GetAsync("/signin/external/done", Cancellation)).Headers.Location!.ToString());
    }

    [Theory]
    [InlineData("http://id.example.com", "portal", null, "https://")]
    [InlineData("https://id.example.com", null, null, "ClientId")]
    [InlineData(null, "portal", null, "Authority")]
    [InlineData(null, null, "secret-words", "Authority")]
    public void Settings_Incomplete_AreRefusedWithTheirMendAndWithoutTheSecret(string? authority, string? client, string? secret, string named)
    {
        var options = new PortalOptions { OpenIdConnect = new OpenIdConnectSettings { Authority = authority is null ? null : new Uri(authority), ClientId = client, ClientSecret = secret } };

        var result = new ValidatePortalOptions().Validate(Options.DefaultName, options);

        Assert.Contains(named, result.FailureMessage, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-words", result.FailureMessage, StringComparison.Ordinal);
    }

    private static Task<PortalHost> StartAsync(IdentityProvider provider) => PortalHost.StartAsync(
        ("Portal:OpenIdConnect:Authority", provider.Authority),
        ("Portal:OpenIdConnect:ClientId", IdentityProvider.ClientId),
        ("Portal:OpenIdConnect:ClientSecret", IdentityProvider.ClientSecret),
        ("Portal:OpenIdConnect:Name", "Example Inc"));

    /// <summary>Follows redirects as a browser does, to the portal and to the provider.</summary>
    /// <returns>The first address of the portal outside the sign-in by the provider.</returns>
    private static async Task<string> WalkAsync(HttpClient portal, string address)
    {
        using var outside = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        for (var hop = 0; hop < 8; hop++)
        {
            var target = new Uri(portal.BaseAddress!, address);
            using var answer = await (target.Port == portal.BaseAddress!.Port ? portal : outside).GetAsync(target, Cancellation);
            Assert.True(answer.StatusCode == HttpStatusCode.Redirect, $"{target}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancellation)}");
            address = answer.Headers.Location!.ToString();
            var next = new Uri(portal.BaseAddress!, address);
            if (next.Port == portal.BaseAddress.Port && !next.AbsolutePath.StartsWith("/signin/external", StringComparison.Ordinal))
                return next.PathAndQuery;
        }

        throw new InvalidOperationException("The redirects go in a circle.");
    }
}
