using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticAssets;

namespace Platform.Portal.Tests.Access;

/// <summary>Every page and every route that the running portal maps, asked over HTTP by everybody: the routes come from the portal itself.</summary>
public sealed class RouteRuleTests
{
    private const string TaskName = "hotel-mood";

    /// <summary>What static files of a build that was not published go through.</summary>
    private const string AnyFile = "/{**path:file}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Endpoints_All_HaveARule()
    {
        await using var host = await PortalHost.StartAsync();
        var endpoints = Endpoints(host);

        Assert.Equal(AccessRules.Pages.Keys.Order(StringComparer.Ordinal), endpoints.Where(IsPage).Select(PathOf).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(AccessRules.Routes.Keys.Order(StringComparer.Ordinal), endpoints.Where(endpoint => !IsPage(endpoint)).SelectMany(NamesOf).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(nameof(AccessRule.Nobody))]
    [InlineData(nameof(AccessRule.Stranger))]
    [InlineData(nameof(AccessRule.Member))]
    [InlineData(nameof(AccessRule.Admin))]
    public async Task Endpoints_Asked_AnswerAsTheirRuleSays(string who)
    {
        await using var host = await PortalHost.StartAsync();
        var intake = await BuildAsync(host);
        List<string> wrong = [];
        foreach (var (route, rule) in AccessRules.Routes.Concat(AccessRules.Pages.Select(page => KeyValuePair.Create("GET " + page.Key, page.Value))))
        {
            // Each route has its own session: some of them end it.
            using var client = who == nameof(AccessRule.Nobody) ? host.Open() : await host.SignInAsync($"{who.ToLowerInvariant()}@example.com");
            var isPage = AccessRules.Pages.ContainsKey(route[4..]);
            var outcome = await AskAsync(client, route, intake);

            // A page's frame is the same for all signed-in users; what is inside is asked for when it is drawn, and tested there.
            var expected = isPage && rule.Of(who) == Outcome.Missing ? Outcome.Shown : rule.Of(who);
            if (outcome.Kind != expected)
                wrong.Add($"{route}: expected {expected}, got {outcome}");
        }

        Assert.True(wrong.Count == 0, $"{who}:\n{string.Join('\n', wrong)}");
    }

    private static async Task<Guid> BuildAsync(PortalHost host)
    {
        var member = await host.World.AddUserAsync("member@example.com", "Mia Member", isAdmin: false);
        var stranger = await host.World.AddUserAsync("stranger@example.com", "Stan Stranger", isAdmin: false);
        await host.World.AddUserAsync("admin@example.com", "Ada Admin", isAdmin: true);
        var task = await host.World.AddTaskAsync(await host.World.AddTeamAsync("hotels", "Hotels", member), TaskName);
        await host.World.AddTeamAsync("flights", "Flights", stranger);
        return await host.World.AddIntakeAsync(task);
    }

    private static async Task<(Outcome Kind, HttpStatusCode Status, string? Location)> AskAsync(HttpClient client, string route, Guid intake)
    {
        var (method, pattern) = (route[..route.IndexOf(' ', StringComparison.Ordinal)], route[(route.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        var path = pattern.Replace("{name}", TaskName, StringComparison.OrdinalIgnoreCase).Replace("{TaskName}", TaskName, StringComparison.Ordinal).Replace("{task}", TaskName, StringComparison.Ordinal)
            .Replace("{Number:int}", "1", StringComparison.Ordinal).Replace("{id:guid}", intake.ToString(), StringComparison.OrdinalIgnoreCase).Replace("{split}", "train", StringComparison.Ordinal);
        Assert.DoesNotContain("{", path, StringComparison.Ordinal);
        using var request = new HttpRequestMessage(new HttpMethod(method), method == "PUT" ? path + "?offset=0" : path);
        if (method is "POST" or "PUT")
            request.Content = BodyOf(pattern);
        if (method != "GET")
            request.Headers.Add("RequestVerificationToken", await PortalHost.TokenAsync(client) is { Length: > 0 } token ? token : "none");
        using var answer = await client.SendAsync(request, Cancellation);
        var location = answer.Headers.Location?.ToString();
        var kind = answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized => Outcome.SignIn,
            HttpStatusCode.Forbidden => Outcome.Denied,
            HttpStatusCode.NotFound when pattern != "/not-found" => Outcome.Missing,
            HttpStatusCode.Redirect when location?.Contains("/signin?return", StringComparison.Ordinal) == true => Outcome.SignIn,
            HttpStatusCode.InternalServerError when pattern != "/error" => throw new InvalidOperationException($"{route} broke."),
            _ => Outcome.Shown,
        };
        return (kind, answer.StatusCode, location);
    }

    /// <summary>Sound enough that only the rule can refuse it.</summary>
    private static HttpContent BodyOf(string pattern) => pattern switch
    {
        "/tasks/{name}/uploads" => new StringContent("""{"files":[{"split":"train","name":"a","size":10,"modified":0},{"split":"validation","name":"b","size":10,"modified":0},{"split":"test","name":"c","size":10,"modified":0}]}""", Encoding.UTF8, "application/json"),
        "/tasks/{name}/datasets" => new MultipartFormDataContent { { new StringContent("{}"), "train", "train.jsonl" } },
        _ => new StringContent(""),
    };

    private static List<RouteEndpoint> Endpoints(PortalHost host) => [.. host.World.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<StaticAssetDescriptor>() is null && PathOf(endpoint) != AnyFile)
        .Where(endpoint => !PathOf(endpoint).StartsWith("/_", StringComparison.Ordinal))];

    private static bool IsPage(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is not null;

    private static string PathOf(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText!.Trim('/');

    private static IEnumerable<string> NamesOf(RouteEndpoint endpoint) =>
        (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method => $"{method} {PathOf(endpoint)}");
}
