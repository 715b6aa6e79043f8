using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Platform.Api.Serving;
using Platform.Domain.Keys;
using Platform.TestStorage;

namespace Platform.Api.Tests;

/// <summary>The real Api in this process, on its own data folder.</summary>
internal sealed class TestApi : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WebApplicationFactory<Program> factory;
    private readonly string folder;
    private readonly bool ownsFolder;
    private readonly TestDatabaseCopy database;
    private bool isStopped;

    private TestApi(WebApplicationFactory<Program> factory, string folder, TestDatabaseCopy database, bool ownsFolder)
    {
        this.factory = factory;
        this.folder = folder;
        this.database = database;
        this.ownsFolder = ownsFolder;
        Client = factory.CreateClient();
        World = new TestWorld(factory.Services);
    }

    public HttpClient Client { get; }

    public TestWorld World { get; }

    /// <summary>Where the database and the artifacts lie.</summary>
    public string DataFolder => folder;

    /// <summary>For another process on the same data.</summary>
    public IReadOnlyList<(string Key, string Value)> StorageSettings => database.Settings;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts without any deployment, but with teams, tasks and data.</summary>
    public static Task<TestApi> StartAsync(ISharedModelLoader? loader = null, params IEnumerable<(string Key, string Value)> settings) =>
        StartAsync(services => Use(loader, services), settings);

    public static async Task<TestApi> StartAsync(Action<IServiceCollection> configure, params IEnumerable<(string Key, string Value)> settings)
    {
        var api = await StartOwnAsync(configure, settings, listens: false);
        await api.World.BuildAsync();
        return api;
    }

    /// <summary>Starts on a port of its own, for clients in other processes, and waits until the first deployment serves.</summary>
    public static async Task<(TestApi Api, Uri Address)> StartListeningAsync(ISharedModelLoader? loader = null, params IEnumerable<(string Key, string Value)> settings)
    {
        var api = await StartOwnAsync(services => Use(loader, services), settings, listens: true);
        await api.World.BuildAsync();
        await api.ServeFirstAsync();
        return (api, api.factory.ClientOptions.BaseAddress);
    }

    /// <summary>A second process on the same data, which this one keeps.</summary>
    public TestApi StartAgain(ISharedModelLoader? loader = null, params IEnumerable<(string Key, string Value)> settings) =>
        Start(folder, database, ownsFolder: false, services => Use(loader, services), settings, listens: false);

    private static async Task<TestApi> StartOwnAsync(Action<IServiceCollection> configure, IEnumerable<(string Key, string Value)> settings, bool listens)
    {
        var folder = Directory.CreateTempSubdirectory("platform-api-").FullName;
        return Start(folder, await TestDatabaseCopy.CreateAsync(folder), ownsFolder: true, configure, settings, listens);
    }

    private static TestApi Start(
        string folder, TestDatabaseCopy database, bool ownsFolder, Action<IServiceCollection> configure, IEnumerable<(string Key, string Value)> settings, bool listens)
    {
        var factory = new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            builder.UseSetting("Api:Threads", "1");
            builder.UseSetting("Api:DeploymentPoll", "00:00:00.05");
            builder.UseSetting("Api:KeyCacheTime", "00:00:00.2");
            builder.UseSetting("Api:MaxAuthenticationFailures", "100000"); // all tests come from one address
            foreach (var category in new[] { "Default", "Microsoft", "Microsoft.Hosting.Lifetime", "System" })
                builder.UseSetting($"Logging:LogLevel:{category}", "None");
            if (listens)
                builder.UseSetting("urls", "http://127.0.0.1:0"); // the default port would be that of another test, or of a platform that runs
            foreach (var (key, value) in database.Settings.Concat(settings))
                builder.UseSetting(key, value);
            builder.ConfigureTestServices(configure);
        });
        if (listens)
        {
            factory.UseKestrel(0);
            factory.StartServer();
        }

        return new TestApi(factory, folder, database, ownsFolder);
    }

    /// <summary>Starts and waits until the first deployment serves.</summary>
    public static async Task<TestApi> StartServingAsync(ISharedModelLoader? loader = null, params IEnumerable<(string Key, string Value)> settings)
    {
        var api = await StartAsync(loader, settings);
        await api.ServeFirstAsync();
        return api;
    }

    private async Task ServeFirstAsync()
    {
        await World.BeginDeployingAsync(await World.AddModelAsync(seed: 1));
        await WaitAsync(async () => (await Client.GetAsync("/readyz", Cancellation)).IsSuccessStatusCode, "the first deployment to serve");
    }

    public static HttpRequestMessage Request(HttpMethod method, string path, IssuedKey? key = null)
    {
        var request = new HttpRequestMessage(method, path);
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key.Secret);
        return request;
    }

    public async Task<HttpResponseMessage> PredictAsync(IssuedKey? key, string task, string json, CancellationToken? cancellationToken = null)
    {
        using var request = Request(HttpMethod.Post, $"/v1/tasks/{task}/predict", key);
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await Client.SendAsync(request, cancellationToken ?? Cancellation);
    }

    public Task<HttpResponseMessage> PredictAsync(IssuedKey key, string task, object body) => PredictAsync(key, task, JsonSerializer.Serialize(body));

    public async Task<HttpResponseMessage> PostAsync(IssuedKey? key, string path, string json)
    {
        using var request = Request(HttpMethod.Post, path, key);
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await Client.SendAsync(request, Cancellation);
    }

    public async Task<HttpResponseMessage> GetAsync(string path, IssuedKey? key = null)
    {
        using var request = Request(HttpMethod.Get, path, key);
        return await Client.SendAsync(request, Cancellation);
    }

    public static async Task<JsonNode> BodyAsync(HttpResponseMessage response)
    {
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(Cancellation)}");
        return (await response.Content.ReadFromJsonAsync<JsonNode>(Cancellation))!;
    }

    /// <summary>Checks all that every error has in common, and gives the rest to the caller.</summary>
    public static async Task<JsonNode> ProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == status, $"Expected {status} ({code}), got {(int)response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!;
        Assert.Equal(code, (string?)problem["code"]);
        Assert.Equal((int)status, (int?)problem["status"]);
        Assert.False(string.IsNullOrEmpty((string?)problem["title"]));
        Assert.False(string.IsNullOrEmpty((string?)problem["detail"]));
        Assert.False(string.IsNullOrEmpty((string?)problem["traceId"]));
        Assert.DoesNotContain("Platform.", text, StringComparison.Ordinal);
        return problem;
    }

    /// <summary>Checks all that every error on OpenAI's paths has in common, and gives the rest to the caller.</summary>
    public static async Task<JsonNode> OpenAiErrorAsync(HttpResponseMessage response, HttpStatusCode status, string code, string? param)
    {
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == status, $"Expected {status} ({code}), got {(int)response.StatusCode}: {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        var error = JsonNode.Parse(text)!["error"]!;
        Assert.Equal((code, param), ((string?)error["code"], (string?)error["param"]));
        Assert.True(error.AsObject().ContainsKey("param"));
        Assert.False(string.IsNullOrEmpty((string?)error["message"]));
        Assert.False(string.IsNullOrEmpty((string?)error["type"]));
        Assert.False(string.IsNullOrEmpty((string?)error["trace_id"]));
        Assert.StartsWith("req_", response.Headers.GetValues("x-request-id").Single(), StringComparison.Ordinal);
        return error;
    }

    /// <summary>Asks again and again until it is so; fails loudly when it never is.</summary>
    public async Task WaitAsync(Func<Task<bool>> isSo, string what)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        deadline.CancelAfter(Patience);
        while (!await isSo())
        {
            if (deadline.IsCancellationRequested)
                Assert.Fail($"Waited {Patience} for {what}; /readyz says {await Client.GetStringAsync("/readyz", Cancellation)}");
            await Task.Delay(10, Cancellation);
        }
    }

    private static void Use(ISharedModelLoader? loader, IServiceCollection services)
    {
        if (loader is not null)
            services.AddSingleton(loader);
        if (loader is FakeLoader { Clock: { } clock })
            services.RemoveAll<TimeProvider>().AddSingleton(clock);
    }

    /// <summary>Stops the process but keeps its data, for <see cref="StartAgain"/>.</summary>
    public async Task StopAsync()
    {
        Client.Dispose();
        await factory.DisposeAsync();
        isStopped = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (!isStopped)
            await StopAsync();
        if (!ownsFolder)
            return;

        // SQLite may still be putting its write-ahead log away when the last connection of a stopped host goes.
        for (var attempt = 1; ; attempt++)
        {
            await database.DisposeAsync();
            try
            {
                Directory.Delete(folder, recursive: true);
                return;
            }
            catch (IOException) when (attempt < 100)
            {
                await Task.Delay(50, CancellationToken.None);
            }
        }
    }
}
