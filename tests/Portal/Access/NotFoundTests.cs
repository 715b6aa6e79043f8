using System.Net;
using System.Net.Http.Headers;

namespace Platform.Portal.Tests.Access;

public sealed class NotFoundTests
{
    [Fact]
    public async Task UnknownAddress_InABrowser_ShowsThePageWithStatus404()
    {
        await using var host = await PortalHost.StartAsync();
        await host.World.AddUserAsync("mia@example.com", "Mia", isAdmin: false);
        using var client = await host.SignInAsync("mia@example.com");
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));

        var answer = await client.GetAsync("/nowhere", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("There is no such page", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
