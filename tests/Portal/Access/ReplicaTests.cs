using System.Net;
using Microsoft.Net.Http.Headers;
using Platform.Domain.Users;

namespace Platform.Portal.Tests.Access;

public sealed class ReplicaTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SignIn_AtOneReplica_IsGoodAtTheOther()
    {
        await using var one = await PortalHost.StartAsync();
        await using var two = one.StartAgain();
        await one.World.AddUserAsync("ada@example.com", "Ada", isAdmin: true);
        using var client = one.Open();

        using var signedIn = await PortalHost.PostSignInAsync(client, "ada@example.com", PortalHost.Password);
        var cookies = signedIn.Headers.GetValues(HeaderNames.SetCookie).Select(cookie => cookie.Split(';')[0]).Where(cookie => cookie.StartsWith(SharedSignIn.CookieName, StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(two, string.Join("; ", cookies)));
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(two, SharedSignIn.CookieName + "=forged"));
    }

    private static async Task<HttpStatusCode> StatusAsync(PortalHost host, string cookie)
    {
        using var client = host.Open();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/password");
        request.Headers.Add("Accept", "text/html");
        request.Headers.Add("Cookie", cookie);
        using var answer = await client.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }
}
