using System.Net;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Platform.Api.Idempotency;
using Platform.Api.Serving;
using Platform.Domain.Idempotency;
using Platform.Domain.Keys;
using Platform.Domain.Usage;

namespace Platform.Api.Tests.Idempotency;

public sealed class IdempotencyTests
{
    private const string Path = $"/v1/tasks/{TestTasks.Sentiment}/predict";
    private const string One = """{"inputs":[{"text":"a room"}]}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_SameNameAgain_GetsTheSameAnswerAndIsBilledOnce()
    {
        var model = new FakeModel();
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => model));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var first = await PostAsync(api, key, "order-1", One);
        var steps = model.Steps;
        var again = await PostAsync(api, key, "order-1", One);

        Assert.Equal(await first.Content.ReadAsByteArrayAsync(Cancellation), await again.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, again.StatusCode));
        Assert.Equal(first.Content.Headers.ContentType, again.Content.Headers.ContentType);
        Assert.Equal(RequestId(first), RequestId(again));
        Assert.False(first.Headers.Contains(IdempotentCalls.ReplayedHeader));
        Assert.True(again.Headers.Contains(IdempotentCalls.ReplayedHeader));
        Assert.Equal(steps, model.Steps);
        Assert.Equal(RequestId(first), Assert.Single(await RecordsAsync(api)).RequestId);
    }

    [Fact]
    public async Task Post_AfterARestart_StillGetsTheSameAnswer()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var first = await PostAsync(api, key, "order-1", One);

        var other = new FakeModel();
        await using var restarted = api.StartAgain(new FakeLoader(_ => other));
        await restarted.WaitAsync(async () => (await restarted.Client.GetAsync("/readyz", Cancellation)).IsSuccessStatusCode, "the second process");
        var steps = other.Steps;
        var again = await PostAsync(restarted, key, "order-1", One);

        Assert.Equal(await first.Content.ReadAsStringAsync(Cancellation), await again.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(steps, other.Steps);
        Assert.Single(await RecordsAsync(api));
    }

    [Fact]
    public async Task Post_SameNameForAnotherRequest_Is422()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await PostAsync(api, key, "order-1", One);

        await TestApi.ProblemAsync(await PostAsync(api, key, "order-1", """{"inputs":[{"text":"another room"}]}"""), HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        await TestApi.ProblemAsync(await PostAsync(api, key, "order-1", One, $"/v1/tasks/{TestTasks.Same}/predict"), HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");

        var otherKey = await api.World.IssueKeyAsync(api.World.Hotels);
        await TestApi.BodyAsync(await PostAsync(api, otherKey, "order-1", """{"inputs":[{"text":"another room"}]}"""));
        Assert.Equal(2, (await RecordsAsync(api)).Count);
    }

    [Fact]
    public async Task Post_WhileTheFirstIsComputed_WaitsForItsAnswer()
    {
        using var open = new ManualResetEventSlim();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var model = new FakeModel();
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => model));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        model.InStep = _ =>
        {
            entered.TrySetResult();
            open.Wait();
        };

        var first = PostAsync(api, key, "order-1", One);
        await entered.Task.WaitAsync(Cancellation);
        var retries = Enumerable.Range(0, 5).Select(_ => PostAsync(api, key, "order-1", One)).ToList();
        var last = PostAsync(api, key, "order-2", One);
        await api.WaitAsync(() => Task.FromResult(api.World.Get<EngineThread>().WaitingInputs == 1), "a request that came after them to wait");
        Assert.All(retries, retry => Assert.False(retry.IsCompleted));
        open.Set();

        var expected = await (await first).Content.ReadAsStringAsync(Cancellation);
        foreach (var retry in await Task.WhenAll(retries))
            Assert.Equal(expected, await retry.Content.ReadAsStringAsync(Cancellation));
        await TestApi.BodyAsync(await last);
        Assert.Equal(2, (await RecordsAsync(api)).Count);
    }

    [Fact]
    public async Task Post_ClientGoesAway_IsComputedForItsRetry()
    {
        using var open = new ManualResetEventSlim();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var model = new FakeModel();
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => model));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        model.InStep = _ =>
        {
            entered.TrySetResult();
            open.Wait();
        };
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var left = PostAsync(api, key, "order-1", One, cancellationToken: leaving.Token);
        await entered.Task.WaitAsync(Cancellation);
        await leaving.CancelAsync();
        open.Set();
        Assert.IsAssignableFrom<OperationCanceledException>(await Record.ExceptionAsync(() => left));

        await TestApi.BodyAsync(await PostAsync(api, key, "order-1", One));
        Assert.Equal(UsageStatus.Ok, Assert.Single(await RecordsAsync(api)).Status);
    }

    [Fact]
    public async Task Post_KilledBetweenRecordAndAnswer_IsBilledOnce()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var first = await PostAsync(api, key, "order-1", One);

        // What a process leaves behind that dies after the record was written and before the answer was kept.
        await using (var context = api.World.Open())
            await context.IdempotentRequests.ExecuteUpdateAsync(
                set => set.SetProperty(request => request.Status, (int?)null).SetProperty(request => request.Body, (byte[]?)null)
                    .SetProperty(request => request.Owner, "dead").SetProperty(request => request.LeasedUntil, DateTimeOffset.UtcNow - TimeSpan.FromSeconds(1)),
                Cancellation);
        var again = await PostAsync(api, key, "order-1", One);

        await TestApi.BodyAsync(again);
        Assert.Equal(RequestId(first), RequestId(again));
        Assert.Single(await RecordsAsync(api));
        Assert.True((await PostAsync(api, key, "order-1", One)).Headers.Contains(IdempotentCalls.ReplayedHeader));
    }

    [Fact]
    public async Task Post_RefusedBeforeItWasComputed_IsNotRemembered()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueLimitedKeyAsync(api.World.Hotels, tokensPerMinute: 600);

        await TestApi.BodyAsync(await PostAsync(api, key, "order-0", $$"""{"inputs":[{{string.Join(',', Enumerable.Repeat($$"""{"text":"{{string.Join(' ', Enumerable.Repeat("a", 49))}}"}""", 12))}}]}"""));
        await TestApi.ProblemAsync(await PostAsync(api, key, "order-1", """{"inputs":[{"text":"a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h"}]}"""), HttpStatusCode.TooManyRequests, "token_limit_exceeded");
        await TestApi.ProblemAsync(await PostAsync(api, key, "order-2", """{"inputs":[]}"""), HttpStatusCode.BadRequest, "inputs_missing");

        await using var context = api.World.Open();
        Assert.Equal(["order-0"], await context.IdempotentRequests.Select(request => request.Name).ToListAsync(Cancellation));
        Assert.NotEqual(HttpStatusCode.UnprocessableEntity, (await PostAsync(api, key, "order-2", One)).StatusCode);
    }

    [Fact]
    public async Task Post_StreamedAnswer_ComesAgainAsAWhole()
    {
        await using var api = await TestApi.StartServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        const string chat = $$"""{"model":"{{TestTasks.Reply}}","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"thank you"}]}""";

        var first = await PostAsync(api, key, "chat-1", chat, "/v1/chat/completions");
        var again = await PostAsync(api, key, "chat-1", chat, "/v1/chat/completions");

        var text = await first.Content.ReadAsStringAsync(Cancellation);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Equal(text, await again.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("text/event-stream", again.Content.Headers.ContentType?.MediaType);
        Assert.Single(await RecordsAsync(api));
    }

    [Fact]
    public async Task Post_AnswerTooLargeToKeep_SaysSoAndIsNotBilledAgain()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()), ("Api:MaxIdempotentBytes", "1024"));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var many = $$"""{"inputs":[{{string.Join(',', Enumerable.Repeat("""{"text":"a room"}""", 20))}}]}""";

        var first = await PostAsync(api, key, "order-1", many);
        await TestApi.BodyAsync(first);

        var problem = await TestApi.ProblemAsync(await PostAsync(api, key, "order-1", many), HttpStatusCode.Conflict, "idempotency_answer_too_large");
        Assert.Contains(RequestId(first), (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Single(await RecordsAsync(api));
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("tab\there")]
    public async Task Post_MalformedName_Is400(string name)
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        await TestApi.ProblemAsync(await PostAsync(api, key, name, One), HttpStatusCode.BadRequest, "idempotency_key_invalid");
        await TestApi.ProblemAsync(await PostAsync(api, key, new string('a', 256), One), HttpStatusCode.BadRequest, "idempotency_key_invalid");
    }

    [Fact]
    public async Task PurgeAsync_ADayOld_IsDeletedAndTheNameIsFree()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await PostAsync(api, key, "order-1", One);
        await PostAsync(api, key, "order-2", One);
        await using var context = api.World.Open();
        await context.IdempotentRequests.ExecuteUpdateAsync(
            set => set.SetProperty(request => request.StartedAt, DateTimeOffset.UtcNow - IdempotentRequests.Retention), Cancellation);

        var again = await PostAsync(api, key, "order-1", """{"inputs":[{"text":"another room"}]}""");

        await TestApi.BodyAsync(again);
        Assert.Equal(3, (await RecordsAsync(api)).Count);
        Assert.Equal(1, await api.World.Get<IdempotentRequests>().PurgeAsync(Cancellation));
        Assert.Equal(["order-1"], await context.IdempotentRequests.Select(request => request.Name).ToListAsync(Cancellation));
    }

    private static string RequestId(HttpResponseMessage response) => response.Headers.GetValues("x-request-id").Single();

    private static async Task<List<UsageRecord>> RecordsAsync(TestApi api)
    {
        await using var context = api.World.Open();
        return await context.UsageRecords.AsNoTracking().ToListAsync(Cancellation);
    }

    private static async Task<HttpResponseMessage> PostAsync(TestApi api, IssuedKey key, string name, string json, string path = Path, CancellationToken? cancellationToken = null)
    {
        using var request = TestApi.Request(HttpMethod.Post, path, key);
        request.Headers.TryAddWithoutValidation(IdempotentCalls.Header, name);
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await api.Client.SendAsync(request, cancellationToken ?? Cancellation);
    }
}
