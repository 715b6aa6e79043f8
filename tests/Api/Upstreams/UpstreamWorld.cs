using Microsoft.EntityFrameworkCore;
using Platform.Api.Serving;
using Platform.Domain.Deployments;
using Platform.Domain.Keys;
using Platform.Domain.Models;
using Platform.Domain.Usage;
using Platform.Engine.Inference;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;

namespace Platform.Api.Tests.Upstreams;

/// <summary>An Api, an engine outside, and a model version that both have.</summary>
internal sealed class UpstreamWorld : IAsyncDisposable
{
    private const string Name = "gpu";
    private const string Model = "model-version-1";

    private IssuedKey? flightsKey;

    public TestApi Api { get; private init; } = null!;

    public EngineServer Engine { get; private init; } = null!;

    public ModelVersion Version { get; private init; } = null!;

    public MultiTaskModel Here { get; private init; } = null!;

    public IssuedKey Key { get; private init; } = null!;

    public string Folder { get; private init; } = "";

    public Deployment Deployment { get; private set; } = null!;

    public static async Task<UpstreamWorld> StartAsync(string kind, long seed = 1, params (string Key, string Value)[] settings)
    {
        // The engine has the files before the Api has its settings, as it is where both are real.
        var folder = Directory.CreateTempSubdirectory("platform-engine-").FullName;
        TinyModel.Save(folder, seed, TestTasks.Served, TestTasks.Same);
        var engine = await EngineServer.StartAsync(folder, Model);
        var api = await TestApi.StartAsync((ISharedModelLoader?)null, [("Upstreams:gpu:Kind", kind), ("Upstreams:gpu:Address", engine.Address), .. settings]);
        return new UpstreamWorld
        {
            Api = api,
            Engine = engine,
            Folder = folder,
            Version = await api.World.AddModelAsync(seed, RecordSamples, TestTasks.Same),
            Here = MultiTaskModel.Load(folder, options: new InferenceOptions { Threads = 1 }),
            Key = await api.World.IssueKeyForAllAsync(api.World.Hotels),
        };
    }

    public async Task ServeAsync()
    {
        Deployment = await Api.World.BeginDeployingAsync(Version, upstream: Name);
        await Api.WaitAsync(async () => (await Api.World.ReloadAsync(Deployment)) is { Status: DeploymentStatus.Live or DeploymentStatus.Failed }, "the deployment");
        var loaded = await Api.World.ReloadAsync(Deployment);
        Assert.True(loaded.Status == DeploymentStatus.Live, loaded.Error);
        await Api.WaitAsync(async () => (await Api.GetAsync("/readyz")).IsSuccessStatusCode, "the deployment to serve");
    }

    public async Task<Deployment> FailAsync()
    {
        Deployment = await Api.World.BeginDeployingAsync(Version, upstream: Name);
        await Api.WaitAsync(async () => (await Api.World.ReloadAsync(Deployment)).Status is DeploymentStatus.Failed or DeploymentStatus.Live, "the deployment to fail");
        var failed = await Api.World.ReloadAsync(Deployment);
        Assert.Equal(DeploymentStatus.Failed, failed.Status);
        return failed;
    }

    public async Task<HttpResponseMessage> PredictAsync(string task, string text)
    {
        var key = task == TestTasks.Flights ? flightsKey ??= await Api.World.IssueKeyForAllAsync(Api.World.Flights) : Key;
        var second = TestTasks.Served.Single(served => served.Name == task).Kind == TaskKind.PairClassification ? "and this" : null;
        return await Api.PredictAsync(key, task, new { inputs = new[] { second is null ? (object)new { text } : new { text, text2 = second } }, top_k = 10 });
    }

    public async Task<IReadOnlyList<UsageRecord>> RecordsAsync()
    {
        await using var context = Api.World.Open();
        return await context.UsageRecords.AsNoTracking().ToListAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>What the deployment was busy with is what its requests were charged for, to the microsecond.</summary>
    public async Task AssertBusyIsBilledAsync()
    {
        await Api.WaitAsync(async () =>
        {
            await using var context = Api.World.Open();
            var busy = await context.EngineSessions.SumAsync(session => session.BusyMicroseconds, TestContext.Current.CancellationToken);
            return busy > 0 && busy == await context.UsageRecords.SumAsync(record => record.DeviceMicroseconds, TestContext.Current.CancellationToken);
        }, "busy time to be what was billed");
    }

    public async ValueTask DisposeAsync()
    {
        Here.Dispose();
        await Api.DisposeAsync();
        await Engine.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static void RecordSamples(string folder)
    {
        using var model = MultiTaskModel.Load(folder, options: new InferenceOptions { Threads = 1 });
        ParitySample.Write(folder, ParitySample.Record(
            model,
            TestTasks.Served.SelectMany(task => UpstreamTests.Texts.Select(text => (task.Name, new Example("r", text, task.Kind == TaskKind.PairClassification ? "and this" : null, "", [])))),
            TestContext.Current.CancellationToken));
    }
}
