using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Platform.TestStorage;

namespace Platform.Portal.Tests;

/// <summary>The whole portal in this process, on a database in a temporary folder.</summary>
public sealed partial class PortalHost : IAsyncDisposable
{
    public const string Password = "correct horse battery";

    private readonly string folder;
    private readonly TestDatabaseCopy database;
    private readonly WebApplicationFactory<Program> factory;

    private readonly bool ownsData;

    private PortalHost(string folder, TestDatabaseCopy database, IEnumerable<(string Key, string Value)> settings, bool ownsData = true)
    {
        this.ownsData = ownsData;
        this.folder = folder;
        this.database = database;
        factory = new WebApplicationFactory<Program>().WithWebHostBuilder(host =>
        {
            host.UseSetting("Logging:LogLevel:Default", "Error");
            foreach (var (key, value) in database.Settings.Concat(settings))
                host.UseSetting(key, value);
        });
        World = new World(factory.Services, TimeProvider.System);
    }

    public World World { get; }

    public static async Task<PortalHost> StartAsync(params IEnumerable<(string Key, string Value)> settings)
    {
        var folder = Directory.CreateTempSubdirectory("platform-portal-").FullName;
        return new PortalHost(folder, await TestDatabaseCopy.CreateAsync(folder), settings);
    }

    /// <summary>Another replica on the same data, which this one keeps.</summary>
    public PortalHost StartAgain() => new(folder, database, [], ownsData: false);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public HttpClient Open() => factory.CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false });

    public async Task<HttpClient> SignInAsync(string email, string password = Password)
    {
        var client = Open();
        var answer = await PostSignInAsync(client, email, password);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return client;
    }

    public static async Task<HttpResponseMessage> PostSignInAsync(HttpClient client, string email, string password, string query = "") =>
        await client.PostAsync("/signin" + query, new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["_handler"] = "signin",
            ["__RequestVerificationToken"] = await TokenAsync(client, "/signin"),
            ["Input.Email"] = email,
            ["Input.Password"] = password,
        }), Cancellation);

    /// <summary>The antiforgery token for the client's session, from a page that has a form.</summary>
    public static async Task<string> TokenAsync(HttpClient client, string page = "/password")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, page);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
        var answer = await client.SendAsync(request, Cancellation);
        var html = await answer.Content.ReadAsStringAsync(Cancellation);
        return WebUtility.HtmlDecode(Token().Match(html).Groups[1].Value);
    }

    public async ValueTask DisposeAsync()
    {
        await factory.DisposeAsync();
        if (!ownsData)
            return;
        await database.DisposeAsync();
        await TestDatabaseCopy.DeleteFolderAsync(folder);
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
