using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Platform.Domain.Fleet;
using Platform.Domain.Users;
using Platform.TestStorage;

namespace Platform.Jobs.Tests.Hosting;

[Collection(HangfireLog.Name)]
public sealed class DashboardTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("platform-dashboard-").FullName;
    private TestDatabaseCopy database = null!;
    private WebApplicationFactory<Program> host = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabaseCopy.CreateAsync(folder);
        host = new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            foreach (var (key, value) in database.Settings)
                builder.UseSetting(key, value);
            builder.UseSetting("Jobs:PortalUrl", "http://portal.test:5080");
        });
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Dashboard_Anonymous_IsSentToThePortal()
    {
        using var client = NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/hangfire");
        request.Headers.Add("Accept", "text/html");

        using var response = await client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.StartsWith("http://portal.test:5080/signin", response.Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dashboard_AnonymousScript_Gets401()
    {
        using var client = NewClient();

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/hangfire", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync("/hangfire/stats", null, Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData(Roles.Admin, HttpStatusCode.OK)]
    [InlineData(Roles.Member, HttpStatusCode.Forbidden)]
    public async Task Dashboard_SignedIn_IsForAdminsOnly(string role, HttpStatusCode expected)
    {
        using var client = NewClient();
        client.DefaultRequestHeaders.Add("Cookie", await CookieAsync(role));

        Assert.Equal(expected, (await client.GetAsync("/hangfire", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Dashboard_AdminWhoIsNoLongerOne_IsRefusedWithTheOldCookie()
    {
        using var client = NewClient();
        var cookie = await CookieAsync(Roles.Admin, issued: DateTimeOffset.UtcNow.AddMinutes(-10), demote: true);
        client.DefaultRequestHeaders.Add("Cookie", cookie);

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/hangfire", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Readyz_MigratedDatabase_IsReady()
    {
        using var client = NewClient();

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/readyz", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/healthz", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Heartbeat_RunningHost_SaysWhatItWorksOn()
    {
        using var client = NewClient();
        var processes = host.Services.GetRequiredService<HostProcesses>();

        await Until.TrueAsync(async () => (await processes.ListAsync(Actor.System("test"), Cancellation)).Value.Count > 0);

        var line = Assert.Single((await processes.ListAsync(Actor.System("test"), Cancellation)).Value);
        Assert.Equal((HostKind.Jobs, HostState.Alive, 0L, "Queues: checks, playground, runs, forecasts"), (line.Process.Kind, line.State, line.Process.Waiting, line.Process.Doing));
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await database.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private HttpClient NewClient() => host.CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false });

    /// <summary>The cookie that the portal's sign-in would issue: the same scheme, keys and claims.</summary>
    private async Task<string> CookieAsync(string role, DateTimeOffset? issued = null, bool demote = false)
    {
        await using var scope = host.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var roles = scope.ServiceProvider.GetRequiredService<RoleManager<IdentityRole<Guid>>>();
        foreach (var name in new[] { Roles.Admin, Roles.Member })
            if (!await roles.RoleExistsAsync(name))
                await roles.CreateAsync(new IdentityRole<Guid>(name));
        var user = new User { UserName = "ada@example.com", Email = "ada@example.com", DisplayName = "Ada" };
        Assert.True((await users.CreateAsync(user, "correct horse battery")).Succeeded);
        Assert.True((await users.AddToRoleAsync(user, role)).Succeeded);
        var principal = await scope.ServiceProvider.GetRequiredService<IUserClaimsPrincipalFactory<User>>().CreateAsync(user);
        if (demote)
        {
            await users.RemoveFromRoleAsync(user, role);
            await users.UpdateSecurityStampAsync(user);
        }

        var options = scope.ServiceProvider.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(IdentityConstants.ApplicationScheme);
        var properties = new AuthenticationProperties { IssuedUtc = issued ?? DateTimeOffset.UtcNow, ExpiresUtc = DateTimeOffset.UtcNow.AddHours(1) };
        var ticket = options.TicketDataFormat.Protect(new AuthenticationTicket(principal, properties, IdentityConstants.ApplicationScheme));
        return $"{options.Cookie.Name}={ticket}";
    }
}
