using System.Net;
using System.Text.RegularExpressions;
using Platform.Api.Telemetry;

namespace Platform.Api.Tests.Telemetry;

/// <summary>Alone: meters are found by name in the whole process, and other tests' Apis would come and go in the figures.</summary>
[CollectionDefinition(nameof(MetricsTests), DisableParallelization = true)]
public sealed class MetricsAlone;

[Collection(nameof(MetricsTests))]
public sealed partial class MetricsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_AfterRequests_CountThemByTaskAndVersion()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var before = await ReadAsync(api, key);
        for (var i = 0; i < 3; i++)
            await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"a room"},{"text":"b"}]}"""));
        Assert.Equal(HttpStatusCode.InternalServerError, (await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"poison"}]}""")).StatusCode);

        var after = await ReadAsync(api, key);

        AssertGrew(3, "platform_requests_total", TestTasks.Sentiment, "status=\"ok\"");
        AssertGrew(1, "platform_requests_total", TestTasks.Sentiment, "status=\"error\"");
        AssertGrew(1, "platform_requests_refused_total", TestTasks.Sentiment, "reason=\"engine_failed\"");
        AssertGrew(6, "platform_inputs_total", TestTasks.Sentiment);
        AssertGrew(9, "platform_tokens_total", TestTasks.Sentiment, "kind=\"prompt\"");
        AssertGrew(3, "platform_first_token_time_seconds_count", TestTasks.Sentiment);
        AssertGrew(3, "platform_queue_time_seconds_count", TestTasks.Sentiment);
        Assert.True(Value(after, "platform_step_inputs_count") - Value(before, "platform_step_inputs_count") >= 4);
        Assert.Contains("platform_queue_inputs", after, StringComparison.Ordinal);

        void AssertGrew(double wanted, string name, params string[] labels) =>
            Assert.True(Math.Abs(Value(after, name, labels) - Value(before, name, labels) - wanted) < 1e-9, $"{name} {string.Join(' ', labels)}: {Value(before, name, labels)}, then {Value(after, name, labels)}");
    }

    [Fact]
    public async Task Metrics_WithoutKey_AreRefusedUnlessTheSettingSaysOtherwise()
    {
        await using var api = await TestApi.StartAsync();
        await TestApi.ProblemAsync(await api.GetAsync("/metrics"), HttpStatusCode.Unauthorized, "key_missing");

        await using var open = await TestApi.StartAsync(loader: null, ("Api:PublicMetrics", "true"));
        Assert.Equal(HttpStatusCode.OK, (await open.GetAsync("/metrics")).StatusCode);
    }

    /// <summary>A metric that is renamed would leave a panel empty, an alarm silent, and the number of replicas as it is.</summary>
    [Theory]
    [InlineData(10, "grafana", "inference-api.json")]
    [InlineData(6, "prometheus", "alerts.yaml")]
    [InlineData(2, "kubernetes", "components", "autoscaling", "api.yaml")]
    public async Task Samples_EveryMetricTheyName_Exists(int atLeast, params string[] file)
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"a room"}]}"""));
        await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"poison"}]}""");
        api.World.Get<ApiMetrics>().Sampled(1, isStored: false);
        var metrics = await ReadAsync(api, key);
        var named = MetricName().Matches(await File.ReadAllTextAsync(Path.Combine([Root(), "deploy", .. file]), Cancellation)).Select(match => match.Value).Distinct().ToList();

        Assert.InRange(named.Count, atLeast, 100);
        Assert.All(named, name => Assert.Matches($"(?m)^{name}[{{ ]", metrics));
    }

    private static async Task<string> ReadAsync(TestApi api, Domain.Keys.IssuedKey key)
    {
        var response = await api.GetAsync("/metrics", key);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    private static double Value(string metrics, string name, params string[] labels) => metrics.Split('\n')
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line[name.Length] is '{' or ' ' && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
        .Select(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)).Sum();

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Platform.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    [GeneratedRegex("platform_[a-z_]+")]
    private static partial Regex MetricName();
}
