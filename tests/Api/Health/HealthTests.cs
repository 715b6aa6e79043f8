using System.Net;
using Platform.Domain.Fleet;
using Platform.Domain.Users;

namespace Platform.Api.Tests.Health;

public sealed class HealthTests(ServingFixture fixture)
{
    private readonly TestApi api = fixture.Api;

    [Fact]
    public async Task GetReadyz_Serving_NamesDeploymentAndTasks()
    {
        var body = await TestApi.BodyAsync(await api.GetAsync("/readyz"));

        Assert.Equal(("ready", 1, 4), ((string?)body["status"], (int)body["deployment"]!, (int)body["tasks"]!));
    }

    [Fact]
    public async Task Heartbeat_Serving_NamesTheModelVersion()
    {
        var processes = api.World.Get<HostProcesses>();

        await api.WaitAsync(async () => (await processes.ListAsync(Actor.System("test"), TestContext.Current.CancellationToken)).Value is [{ Process.Doing: { } doing }] && doing.StartsWith("Serves model version 1 (live)", StringComparison.Ordinal), "a heartbeat");

        var line = Assert.Single((await processes.ListAsync(Actor.System("test"), TestContext.Current.CancellationToken)).Value);
        Assert.Equal((HostKind.Api, HostState.Alive, "cpu"), (line.Process.Kind, line.State, line.Process.Device));
    }

    [Fact]
    public async Task GetReadyz_NothingDeployed_Is503WithTheReasonWhileHealthzIsFine()
    {
        await using var empty = await TestApi.StartAsync();
        var key = await empty.World.IssueKeyAsync(empty.World.Hotels);
        await empty.WaitAsync(async () => (await (await empty.GetAsync("/readyz")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Contains("Approve one", StringComparison.Ordinal), "the first look for a deployment");

        Assert.Equal("ok", (string?)(await TestApi.BodyAsync(await empty.GetAsync("/healthz")))["status"]);
        var problem = await TestApi.ProblemAsync(await empty.GetAsync("/readyz"), HttpStatusCode.ServiceUnavailable, "not_ready");
        Assert.Contains("No deployment is live", (string?)problem["detail"], StringComparison.Ordinal);
        await TestApi.ProblemAsync(await empty.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"a"}]}"""), HttpStatusCode.ServiceUnavailable, "not_ready");
        Assert.Empty((await TestApi.BodyAsync(await empty.GetAsync("/v1/models", key)))["data"]!.AsArray());
    }
}
