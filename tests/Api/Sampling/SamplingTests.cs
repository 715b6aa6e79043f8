using Microsoft.EntityFrameworkCore;
using Platform.Domain.Keys;
using Platform.Domain.Sampling;
using Platform.Domain.Users;

namespace Platform.Api.Tests.Sampling;

public sealed class SamplingTests : IAsyncDisposable
{
    private static readonly Actor Owner = Actor.System("owner");

    private TestApi? first;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (first is not null)
            await first.DisposeAsync();
    }

    [Fact]
    public async Task Requests_SwitchedOnTask_AreKeptFromEveryRouteAndOthersAreNot()
    {
        var (api, key) = await StartSampledAsync(share: 1);

        await using (api)
        {
            await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"clean"},{"text":"dirty"}]}""");
            await api.PostAsync(key, "/v1/chat/completions", $$"""{"model":"{{TestTasks.Sentiment}}","messages":[{"role":"user","content":"from a chat"}]}""");
            await (await api.PostAsync(key, "/v1/completions", $$"""{"model":"{{TestTasks.Sentiment}}","prompt":"from a stream","stream":true}""")).Content.ReadAsStringAsync(Cancellation);
            await api.PredictAsync(key, TestTasks.Same, """{"inputs":[{"text":"not","text2":"sampled"}]}""");
            await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"poison"}]}""");
        }

        var samples = await StoredAsync();
        Assert.Equal(["clean", "dirty", "from a chat", "from a stream"], samples.Select(sample => sample.Content!.Text).Order(StringComparer.Ordinal));
        Assert.All(samples, sample => Assert.Equal(("good", 0.9, 1, false), (sample.Content!.Output, sample.Score, sample.ModelVersion, sample.Abstained)));
        Assert.Equal([0, 1], samples.Where(sample => sample.Content!.Text is "clean" or "dirty").Select(sample => sample.InputIndex).Order());
    }

    [Fact]
    public async Task Requests_Share_KeepsAboutThatMany()
    {
        var (api, key) = await StartSampledAsync(share: 0.3);

        await using (api)
            for (var request = 0; request < 400; request++)
                Assert.True((await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"clean"}]}""")).IsSuccessStatusCode);

        // 120 on average; 70 and 170 are more than five standard deviations away.
        Assert.InRange((await StoredAsync()).Count, 70, 170);
    }

    [Fact]
    public async Task SwitchingOnAndOff_ActsWhileServing()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"before"}]}""");

        await api.World.Get<SamplingRules>().TurnOnAsync(Owner, TestTasks.Sentiment, 1, 30, Cancellation);
        await api.WaitAsync(
            async () =>
            {
                await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"on?"}]}""");
                return (await ListAsync(api)).Total > 0;
            }, "sampling to begin");
        var kept = (await ListAsync(api)).Samples;
        await api.World.Get<SamplingRules>().TurnOffAsync(Owner, TestTasks.Sentiment, deleteToo: true, Cancellation);
        await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"after"}]}""");
        await api.StopAsync();
        await using var again = api.StartAgain(new FakeLoader(_ => new FakeModel()));

        Assert.All(kept, sample => Assert.Equal("on?", sample.Content!.Text));
        Assert.Equal(0, (await ListAsync(again)).Total);
    }

    [Fact]
    public async Task Requests_DatabaseTakesNoSamples_AreAnsweredAllTheSame()
    {
        var (api, key) = await StartSampledAsync(share: 1, ("Api:MaxWaitingSamples", "4"));
        await using var running = api;
        await using (var context = api.World.Open())
            await context.Database.ExecuteSqlRawAsync("DROP TABLE \"RequestSamples\"", Cancellation);

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"a"},{"text":"b"},{"text":"c"}]}""")));

        Assert.All(answers, answer => Assert.True(answer.IsSuccessStatusCode));
        await api.WaitAsync(
            async () => (await (await api.GetAsync("/metrics", key)).Content.ReadAsStringAsync(Cancellation)).Contains("outcome=\"dropped\"", StringComparison.Ordinal), "dropped samples in /metrics");
    }

    [Fact]
    public async Task ExpiredSamples_OlderThanTheirTime_AreDeletedInTheBackground()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()), ("Api:CleanUpPoll", "00:00:00.05"));
        await api.World.Get<SamplingRules>().TurnOnAsync(Owner, TestTasks.Sentiment, 1, 1, Cancellation);
        await api.World.Get<RequestSamples>().AddAsync(
            [new SampleDraft(api.World.TaskId(TestTasks.Sentiment), "req_old", 0, DateTimeOffset.UtcNow.AddDays(-2), 1, 0.9, false, new SampleText("old", null, "good"))], Cancellation);

        await api.WaitAsync(
            async () =>
            {
                await using var context = api.World.Open();
                return !await context.RequestSamples.AnyAsync(Cancellation);
            }, "the old sample to be deleted");
    }

    /// <summary>An Api that knew of the sampling before its first request.</summary>
    private async Task<(TestApi Api, IssuedKey Key)> StartSampledAsync(double share, params IEnumerable<(string Key, string Value)> settings)
    {
        first = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await first.World.IssueKeyAsync(first.World.Hotels);
        Assert.True((await first.World.Get<SamplingRules>().TurnOnAsync(Owner, TestTasks.Sentiment, share, 30, Cancellation)).IsSuccess);
        await first.StopAsync();
        var api = first.StartAgain(new FakeLoader(_ => new FakeModel()), settings);
        await api.WaitAsync(async () => (await api.Client.GetAsync("/readyz", Cancellation)).IsSuccessStatusCode, "the deployment to serve");
        return (api, key);
    }

    /// <summary>What is there after the Api has stopped: it writes what still waits.</summary>
    private async Task<IReadOnlyList<SampleView>> StoredAsync()
    {
        await using var again = first!.StartAgain(new FakeLoader(_ => new FakeModel()));
        return (await ListAsync(again)).Samples;
    }

    private static async Task<SamplePage> ListAsync(TestApi api) =>
        (await api.World.Get<RequestSamples>().ListAsync(Owner, TestTasks.Sentiment, SampleOrder.Newest, 0, 1000, Cancellation)).Value;
}
