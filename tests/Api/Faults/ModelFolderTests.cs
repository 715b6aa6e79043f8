using System.Net;
using System.Text.Json.Nodes;
using Platform.Domain.Artifacts;
using Platform.Domain.Deployments;
using Platform.Domain.Keys;
using Platform.Domain.Models;

namespace Platform.Api.Tests.Faults;

/// <summary>What a disk does to the folder of a model version.</summary>
public sealed class ModelFolderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Serving_FolderDeleted_AnswersOnAndReadyzSaysSoUntilItIsBack()
    {
        await using var api = await TestApi.StartAsync();
        var version = await ServeAsync(api);
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var folder = Folder(api, version);

        Directory.Move(folder, folder + ".away");
        await api.WaitAsync(async () => Problems(await ReadyAsync(api)).Contains("its folder is gone", StringComparison.Ordinal), "/readyz to notice");
        var status = (string?)(await ReadyAsync(api))["status"];
        await AnswersAsync(api, key);
        Directory.Move(folder + ".away", folder);
        await api.WaitAsync(async () => (string?)(await ReadyAsync(api))["status"] == "ready", "/readyz to be content again");

        Assert.Equal("degraded", status);
    }

    [Fact]
    public async Task Serving_WeightsOverwritten_AnswersOnAndTheNextStartRefusesThem()
    {
        await using var api = await TestApi.StartAsync();
        var version = await ServeAsync(api);
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var before = await AnswersAsync(api, key);

        Damage(Folder(api, version));
        await api.WaitAsync(async () => Problems(await ReadyAsync(api)).Contains("was changed", StringComparison.Ordinal), "/readyz to notice");
        var after = await AnswersAsync(api, key);
        await api.StopAsync();
        await using var again = api.StartAgain();
        await again.WaitAsync(async () => (await TextAsync(again)).Contains("was changed or damaged", StringComparison.Ordinal), "the reason");

        Assert.Equal(before, after);
        await TestApi.ProblemAsync(await again.GetAsync("/readyz"), HttpStatusCode.ServiceUnavailable, "not_ready");
        await TestApi.ProblemAsync(await again.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"clean"}]}"""), HttpStatusCode.ServiceUnavailable, "not_ready");
        Assert.Equal(HttpStatusCode.OK, (await again.GetAsync("/healthz")).StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Switch_NewVersionsFolderGoneOrDamaged_FailsWithTheReasonAndTheOldOneAnswers(bool isGone)
    {
        await using var api = await TestApi.StartAsync();
        await ServeAsync(api);
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var next = await api.World.AddModelAsync(seed: 2);

        if (isGone)
            Directory.Delete(Folder(api, next), recursive: true);
        else
            Damage(Folder(api, next));
        var deployment = await api.World.BeginDeployingAsync(next);
        await api.WaitAsync(async () => (await api.World.ReloadAsync(deployment)).Status == DeploymentStatus.Failed, "the deployment to fail");

        Assert.Contains(isGone ? "is not in the store" : "was changed or damaged", (await api.World.ReloadAsync(deployment)).Error, StringComparison.Ordinal);
        await AnswersAsync(api, key);
        Assert.Equal("ready", (string?)(await ReadyAsync(api))["status"]);
    }

    private static async Task<ModelVersion> ServeAsync(TestApi api)
    {
        var version = await api.World.AddModelAsync(seed: 1);
        await api.World.BeginDeployingAsync(version);
        await api.WaitAsync(async () => (await api.GetAsync("/readyz")).IsSuccessStatusCode, "the deployment to serve");
        return version;
    }

    private static string Folder(TestApi api, ModelVersion version) => api.World.Get<ArtifactStore>().FullPath(version.ArtifactPath);

    /// <summary>One byte in the middle of the weights.</summary>
    private static void Damage(string folder)
    {
        var weights = new DirectoryInfo(folder).GetFiles("*.safetensors", SearchOption.AllDirectories).MaxBy(file => file.Length)!;
        using var stream = weights.Open(FileMode.Open, FileAccess.ReadWrite);
        stream.Seek(stream.Length / 2, SeekOrigin.Begin);
        var old = stream.ReadByte();
        stream.Seek(-1, SeekOrigin.Current);
        stream.WriteByte((byte)(old ^ 0x55));
    }

    private static async Task<double> AnswersAsync(TestApi api, IssuedKey key) =>
        (double)(await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"clean"}]}""")))["predictions"]![0]!["score"]!;

    private static async Task<JsonNode> ReadyAsync(TestApi api) => await TestApi.BodyAsync(await api.GetAsync("/readyz"));

    private static string Problems(JsonNode readiness) => string.Join('\n', readiness["problems"]!.AsArray().Select(problem => (string)problem!));

    private static async Task<string> TextAsync(TestApi api) => await (await api.GetAsync("/readyz")).Content.ReadAsStringAsync(Cancellation);
}
