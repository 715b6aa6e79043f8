using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Platform.Api.Serving;
using Platform.Domain.Deployments;

namespace Platform.Api.Tests.Deployments;

public sealed class DeploymentWatcherTests
{
    private const string Body = """{"inputs":[{"text":"the room was clean"}]}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NewDeployment_UnderLoad_TakesOverWithoutAFailedRequest()
    {
        await using var api = await TestApi.StartServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var busyKey = await api.World.IssueKeyAsync(api.World.Hotels);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var load = Enumerable.Range(0, 8).Select(_ => CallUntilAsync(api, busyKey, enough.Token)).ToList();

        var second = await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 2, isolated: TestTasks.Same));
        await api.WaitAsync(async () => (await api.World.ReloadAsync(second)).Status == DeploymentStatus.Live, "the second deployment to go live");
        await api.WaitAsync(async () => await VersionAsync(api, key) == 2, "an answer of the second version");
        await enough.CancelAsync();
        var versions = (await Task.WhenAll(load)).SelectMany(seen => seen).ToList();

        Assert.Equal([1, 2], versions.Distinct().Order());
        await using var context = api.World.Open();
        Assert.Equal(DeploymentStatus.Retired, (await context.Deployments.SingleAsync(found => found.Number == 1, Cancellation)).Status);
        Assert.Equal(versions.Count, await context.UsageRecords.CountAsync(record => record.KeyId == busyKey.Key.Id, Cancellation));
    }

    [Fact]
    public async Task NewDeployment_OldOnesBusyTime_IsCompleteInItsSession()
    {
        await using var api = await TestApi.StartServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        for (var i = 0; i < 5; i++)
            await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Reply, Body));

        await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 2));
        await api.WaitAsync(async () => await VersionAsync(api, key) == 2, "the second version");

        await using var context = api.World.Open();
        await api.WaitAsync(async () => await context.EngineSessions.CountAsync(Cancellation) == 2, "the second session");
        foreach (var session in await context.EngineSessions.AsNoTracking().OrderBy(session => session.StartedAt).Take(1).ToListAsync(Cancellation))
        {
            var shares = await context.UsageRecords.Where(record => record.DeploymentId == session.DeploymentId).SumAsync(record => record.DeviceMicroseconds, Cancellation);
            await api.WaitAsync(async () => (await context.EngineSessions.AsNoTracking().SingleAsync(found => found.Id == session.Id, Cancellation)).BusyMicroseconds == shares, "the last beat");
        }
    }

    [Fact]
    public async Task NewDeployment_ArtifactBroken_FailsWithTheReasonAndTheOldOneGoesOn()
    {
        await using var api = await TestApi.StartServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var broken = await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 2, folder => File.Delete(Path.Combine(folder, "tasks.json"))));
        await api.WaitAsync(async () => (await api.World.ReloadAsync(broken)).Status == DeploymentStatus.Failed, "the deployment to fail");

        Assert.Contains("tasks.json is missing", (await api.World.ReloadAsync(broken)).Error, StringComparison.Ordinal);
        Assert.Equal(1, await VersionAsync(api, key));
    }

    [Fact]
    public async Task NewDeployment_TaskMissingInTheArtifact_FailsAndNamesIt()
    {
        await using var api = await TestApi.StartServingAsync();

        var broken = await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 2, folder => DropTask(folder, TestTasks.Flights)));
        await api.WaitAsync(async () => (await api.World.ReloadAsync(broken)).Status == DeploymentStatus.Failed, "the deployment to fail");

        Assert.Contains($"does not serve {TestTasks.Flights}", (await api.World.ReloadAsync(broken)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NewDeployment_AnswersOtherwiseThanRecorded_FailsTheParityCheck()
    {
        await using var api = await TestApi.StartServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var prediction = (await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, Body)))["predictions"]![0]!;

        var same = await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 1, folder => WriteEvidence(folder, (double)prediction["score"]!)));
        await api.WaitAsync(async () => (await api.World.ReloadAsync(same)).Status == DeploymentStatus.Live, "the same model to pass");
        var other = await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 1, folder => WriteEvidence(folder, (double)prediction["score"]! + 0.01)));
        await api.WaitAsync(async () => (await api.World.ReloadAsync(other)).Status == DeploymentStatus.Failed, "the other model to fail");

        Assert.Contains("answers 1 of the 1 recorded sample predictions otherwise", (await api.World.ReloadAsync(other)).Error, StringComparison.Ordinal);
        Assert.Equal(2, await VersionAsync(api, key));

        void WriteEvidence(string folder, double score) => File.WriteAllText(
            Path.Combine(folder, "parity.jsonl"), JsonSerializer.Serialize(new { task = TestTasks.Sentiment, text = "the room was clean", output = (string?)prediction["output"], score }) + "\n");
    }

    [Fact]
    public async Task LiveDeployment_AfterARestart_IsLoadedAgain()
    {
        await using var api = await TestApi.StartServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        await using var again = api.StartAgain();
        await again.WaitAsync(async () => (await again.GetAsync("/readyz")).IsSuccessStatusCode, "the live deployment to be loaded");

        Assert.Equal(1, await VersionAsync(again, key));
    }

    [Fact]
    public async Task LiveDeployment_OfAnotherReplica_IsFollowed()
    {
        await using var api = await TestApi.StartServingAsync();
        await using var replica = api.StartAgain();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await replica.WaitAsync(async () => (await replica.GetAsync("/readyz")).IsSuccessStatusCode, "the replica to serve");

        await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 2));

        await api.WaitAsync(async () => await VersionAsync(api, key) == 2, "the first replica to serve version 2");
        await api.WaitAsync(async () => await VersionAsync(replica, key) == 2, "the second replica to serve version 2");
    }

    [Fact]
    public async Task Readyz_LiveArtifactGone_SaysWhyItDoesNotServe()
    {
        await using var api = await TestApi.StartServingAsync();
        await using var again = api.StartAgain(new FakeLoader(_ => throw new InvalidDataException("model.safetensors: the file is cut short.")));

        await again.WaitAsync(async () => (await (await again.GetAsync("/readyz")).Content.ReadAsStringAsync(Cancellation)).Contains("is cut short", StringComparison.Ordinal), "the reason");

        await TestApi.ProblemAsync(await again.GetAsync("/readyz"), HttpStatusCode.ServiceUnavailable, "not_ready");
        await using var context = api.World.Open();
        Assert.Equal(DeploymentStatus.Live, (await context.Deployments.SingleAsync(Cancellation)).Status);
    }

    [Fact]
    public async Task Switch_RequestPartlyServed_IsFinishedByTheModelThatBeganIt()
    {
        using var entered = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        var (old, next) = (new FakeModel { Answer = "good" }, new FakeModel { Answer = "bad" });
        var models = new Queue<FakeModel>([old, next]);
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => models.Dequeue()), ("Api:MaxStepInputs", "1"));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        old.InStep = _ =>
        {
            entered.Release();
            go.Wait();
        };

        var begun = api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"a"},{"text":"b"},{"text":"c"}]}""");
        await entered.WaitAsync(Cancellation);
        var waiting = api.PredictAsync(key, TestTasks.Sentiment, Body);
        var second = await api.World.BeginDeployingAsync(await api.World.AddModelAsync(seed: 2));
        await api.WaitAsync(async () => (await api.World.ReloadAsync(second)).Status == DeploymentStatus.Live, "the second deployment to go live");
        go.Release(100);

        var first = await TestApi.BodyAsync(await begun);
        Assert.Equal(1, (int)first["model_version"]!);
        Assert.All(first["predictions"]!.AsArray(), prediction => Assert.Equal("good", (string?)prediction!["output"]));
        await TestApi.BodyAsync(await waiting);
        await api.WaitAsync(() => Task.FromResult(old.IsDisposed), "the old model to go");
        Assert.Equal(2, await VersionAsync(api, key));
        Assert.False(next.IsDisposed);
    }

    private static async Task<List<int>> CallUntilAsync(TestApi api, Domain.Keys.IssuedKey key, CancellationToken enough)
    {
        List<int> versions = [];
        while (!enough.IsCancellationRequested)
            versions.Add(await VersionAsync(api, key));
        return versions;
    }

    private static async Task<int> VersionAsync(TestApi api, Domain.Keys.IssuedKey key) =>
        (int)(await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, Body)))["model_version"]!;

    private static void DropTask(string folder, string name)
    {
        var path = Path.Combine(folder, "tasks.json");
        var tasks = JsonNode.Parse(File.ReadAllText(path))!.AsArray();
        tasks.Remove(tasks.Single(task => task!.ToJsonString().Contains(name, StringComparison.Ordinal)));
        File.WriteAllText(path, tasks.ToJsonString());
    }
}
