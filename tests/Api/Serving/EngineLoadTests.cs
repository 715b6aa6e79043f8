using System.Net;
using Microsoft.EntityFrameworkCore;
using Platform.Api.Serving;
using Platform.Domain.Usage;

namespace Platform.Api.Tests.Serving;

/// <summary>What happens to requests when the engine is slow, fails, or is given up on.</summary>
public sealed class EngineLoadTests
{
    private const string One = """{"inputs":[{"text":"a room"}]}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Predict_QueueFull_Is429WithRetryAfterAndWorksAgainLater()
    {
        using var gate = new Gate();
        var model = new FakeModel();
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => model), ("Api:MaxInputs", "2"), ("Api:MaxQueuedInputs", "2"));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        model.InStep = gate.Pass;

        var inStep = api.PredictAsync(key, TestTasks.Sentiment, One);
        await gate.EnteredAsync(Cancellation);
        var waiting = api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"a"},{"text":"b"}]}""");
        await api.WaitAsync(() => Task.FromResult(api.World.Get<EngineThread>().WaitingInputs == 2), "the queue to fill");
        var refused = await api.PredictAsync(key, TestTasks.Sentiment, One);

        await TestApi.ProblemAsync(refused, HttpStatusCode.TooManyRequests, "queue_full");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        gate.Open();
        await TestApi.BodyAsync(await inStep);
        await TestApi.BodyAsync(await waiting);
        await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, One));
    }

    [Fact]
    public async Task Predict_PoisonInput_FailsItsOwnRequestOnlyAndAllDeviceTimeIsOnRecord()
    {
        using var gate = new Gate();
        var model = new FakeModel();
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => model));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        model.InStep = gate.Pass;

        // The first holds the engine, so that the others meet in one step.
        var first = api.PredictAsync(key, TestTasks.Sentiment, One);
        await gate.EnteredAsync(Cancellation);
        var poisoned = api.PredictAsync(key, TestTasks.Reply, """{"inputs":[{"text":"fine"},{"text":"poison"},{"text":"fine too"}]}""");
        var healthy = Enumerable.Range(0, 5).Select(_ => api.PredictAsync(key, TestTasks.Sentiment, One)).ToList();
        await api.WaitAsync(() => Task.FromResult(api.World.Get<EngineThread>().WaitingInputs == 8), "the step to fill");
        gate.Open();

        var problem = await TestApi.ProblemAsync(await poisoned, HttpStatusCode.InternalServerError, "engine_failed");
        Assert.Equal("inputs[1]", (string?)problem["errors"]![0]!["field"]);
        foreach (var response in await Task.WhenAll([first, .. healthy]))
            await TestApi.BodyAsync(response);
        await using var context = api.World.Open();
        var records = await context.UsageRecords.AsNoTracking().ToListAsync(Cancellation);
        Assert.Equal((6, 1), (records.Count(record => record.Status == UsageStatus.Ok), records.Count(record => record.Status == UsageStatus.Error)));
        Assert.Equal(api.World.Get<ServingState>().Current!.BusyMicroseconds, records.Sum(record => record.DeviceMicroseconds));
    }

    [Fact]
    public async Task Predict_EngineTooSlow_Is504AndLeavesTheQueue()
    {
        using var gate = new Gate();
        var model = new FakeModel();
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => model), ("Api:RequestTimeout", "00:00:00.2"));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        model.InStep = gate.Pass;

        var inStep = api.PredictAsync(key, TestTasks.Sentiment, One);
        await gate.EnteredAsync(Cancellation);
        var problem = await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Sentiment, One), HttpStatusCode.GatewayTimeout, "timeout");

        Assert.Contains("0.2 s", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Equal(0, api.World.Get<EngineThread>().WaitingInputs);
        gate.Open();

        // It was in its step when its time ran out: the work is done, so it is answered and billed.
        await TestApi.BodyAsync(await inStep);
        Assert.Equal(1, await CountRecordsAsync(api));
    }

    [Fact]
    public async Task Predict_ClientGoesAwayWhileWaiting_NeverReachesTheEngine()
    {
        using var gate = new Gate();
        var model = new FakeModel();
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => model));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        model.InStep = gate.Pass;
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var inStep = api.PredictAsync(key, TestTasks.Sentiment, One);
        await gate.EnteredAsync(Cancellation);
        var steps = model.Steps;
        var left = api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"never seen"}]}""", leaving.Token);
        await api.WaitAsync(() => Task.FromResult(api.World.Get<EngineThread>().WaitingInputs == 1), "the request to wait");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await api.WaitAsync(() => Task.FromResult(api.World.Get<EngineThread>().WaitingInputs == 0), "the request to leave the queue");
        gate.Open();

        await TestApi.BodyAsync(await inStep);
        Assert.Equal(steps, model.Steps);
        Assert.Equal(1, await CountRecordsAsync(api));
    }

    [Fact]
    public async Task Predict_ShortInputBesideALongOne_IsAnsweredFirst()
    {
        using var go = new SemaphoreSlim(1);
        var model = new FakeModel { StepsFor = text => text == "long" ? 1000 : 1 };
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => model));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        model.InStep = inputs =>
        {
            // The long one's steps wait for the short one to come.
            if (inputs.Count == 2)
                joined.TrySetResult();
            if (!joined.Task.IsCompleted)
                go.Wait();
        };

        var before = model.Steps;
        var slow = api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"long"}]}""");
        await api.WaitAsync(() => Task.FromResult(model.Steps > before), "the long one to begin");
        var quick = api.PredictAsync(key, TestTasks.Sentiment, One);
        await api.WaitAsync(() => Task.FromResult(api.World.Get<EngineThread>().WaitingInputs == 1), "the short one to wait");
        go.Release(10);

        await TestApi.BodyAsync(await quick);
        await joined.Task.WaitAsync(Cancellation);
        await TestApi.BodyAsync(await slow);
        await using var context = api.World.Open();
        var records = await context.UsageRecords.AsNoTracking().ToListAsync(Cancellation);
        Assert.Equal(2, records.Count);
        Assert.Equal(api.World.Get<ServingState>().Current!.BusyMicroseconds, records.Sum(record => record.DeviceMicroseconds));
    }

    [Fact]
    public async Task Predict_ClientGoesAwayInTheEngine_LeavesAtTheNextStepAndPaysForWhatWasDone()
    {
        using var gate = new Gate();
        var model = new FakeModel { StepsFor = _ => 1_000_000 };
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => model));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        model.InStep = gate.Pass;
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var begun = api.PredictAsync(key, TestTasks.Sentiment, One, leaving.Token);
        await gate.EnteredAsync(Cancellation);
        await leaving.CancelAsync();
        gate.Open();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => begun);

        await api.WaitAsync(async () => await CountRecordsAsync(api) == 1, "the record");
        await using var context = api.World.Open();
        var record = await context.UsageRecords.AsNoTracking().SingleAsync(Cancellation);
        Assert.Equal(UsageStatus.Error, record.Status);
        Assert.True(record.DeviceMicroseconds > 0);
        Assert.Equal(0, model.Inputs);
    }

    [Fact]
    public async Task Predict_ManyRequests_SharesOfAllAddUpToTheBusyTimeOfTheSession()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var responses = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => api.PredictAsync(key, TestTasks.Sentiment, $$"""{"inputs":[{"text":"room {{i}}"},{"text":"b c d e"}]}""")));

        Assert.All(responses, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        await using var context = api.World.Open();
        var total = await context.UsageRecords.SumAsync(record => record.DeviceMicroseconds, Cancellation);
        Assert.Equal(60, await CountRecordsAsync(api));
        Assert.True(total > 0);
        await api.WaitAsync(async () => (await context.EngineSessions.AsNoTracking().SingleAsync(Cancellation)).BusyMicroseconds == total, "the session's beat");
        Assert.True((await context.EngineSessions.AsNoTracking().SingleAsync(Cancellation)).ResidentBytes > 0);
    }

    [Fact]
    public async Task Stop_Idle_EndsAtOnce()
    {
        var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, One));
        var began = System.Diagnostics.Stopwatch.StartNew();

        await api.DisposeAsync();

        Assert.InRange(began.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20)); // the host gives up after 30
    }

    private static async Task<int> CountRecordsAsync(TestApi api)
    {
        await using var context = api.World.Open();
        return await context.UsageRecords.CountAsync(Cancellation);
    }

    /// <summary>Holds the engine inside a step until it is opened.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim open = new();

        public void Pass<T>(T inputs)
        {
            entered.TrySetResult();
            open.Wait();
        }

        public Task EnteredAsync(CancellationToken cancellationToken) => entered.Task.WaitAsync(cancellationToken);

        public void Open() => open.Set();

        public void Dispose() => open.Set();
    }
}
