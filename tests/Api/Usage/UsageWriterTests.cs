using System.Net;
using Microsoft.EntityFrameworkCore;
using Platform.Api.Serving;

namespace Platform.Api.Tests.Usage;

public sealed class UsageWriterTests
{
    private const string Body = """{"inputs":[{"text":"a room"}]}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Predict_LedgerCannotBeWritten_Is503AndWorksAgainWhenItCan()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await using var context = api.World.Open();

        await context.Database.ExecuteSqlRawAsync("ALTER TABLE \"UsageRecords\" RENAME TO \"Gone\"", Cancellation);
        var refused = await api.PredictAsync(key, TestTasks.Sentiment, Body);
        await context.Database.ExecuteSqlRawAsync("ALTER TABLE \"Gone\" RENAME TO \"UsageRecords\"", Cancellation);

        await TestApi.ProblemAsync(refused, HttpStatusCode.ServiceUnavailable, "usage_not_recorded");
        await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, Body));
        Assert.Equal(1, await context.UsageRecords.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Stop_RequestsInTheEngine_AreAnsweredAndRecordedFirst()
    {
        using var entered = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        var model = new FakeModel();
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => model));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        model.InStep = _ =>
        {
            entered.Release();
            go.Wait();
        };
        var inStep = api.PredictAsync(key, TestTasks.Sentiment, Body);
        await entered.WaitAsync(Cancellation);

        var stopped = api.World.Get<EngineThread>().StopAsync(Cancellation);
        var late = await api.PredictAsync(key, TestTasks.Sentiment, Body);
        go.Release(10);
        await stopped;

        await TestApi.ProblemAsync(late, HttpStatusCode.ServiceUnavailable, "stopping");
        await TestApi.BodyAsync(await inStep);
        await using var context = api.World.Open();
        Assert.Equal(1, await context.UsageRecords.CountAsync(Cancellation));
        Assert.True(model.IsDisposed);
    }
}
