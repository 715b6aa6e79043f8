using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Platform.TestStorage;

namespace Platform.Api.Tests.Limits;

public sealed class KeyLimitTests(ServingFixture fixture)
{
    private const string One = """{"inputs":[{"text":"a room"}]}""";

    private readonly TestApi api = fixture.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Predict_RequestsUsedUp_Is429WithRetryAfterAndOpenAisHeaders()
    {
        var key = await api.World.IssueLimitedKeyAsync(api.World.Hotels, requestsPerMinute: 2);

        var first = await api.PredictAsync(key, TestTasks.Sentiment, One);
        await TestApi.BodyAsync(first);
        await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, One));
        var refused = await api.PredictAsync(key, TestTasks.Sentiment, One);

        await TestApi.ProblemAsync(refused, HttpStatusCode.TooManyRequests, "rate_limit_exceeded");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 30);
        Assert.Equal(("2", "1"), (first.Headers.GetValues("x-ratelimit-limit-requests").Single(), first.Headers.GetValues("x-ratelimit-remaining-requests").Single()));
        Assert.Matches("^[0-9]+ms$", first.Headers.GetValues("x-ratelimit-reset-requests").Single());
        Assert.False(first.Headers.Contains("x-ratelimit-limit-tokens"));
        await TestApi.BodyAsync(await api.GetAsync("/v1/usage", key));
    }

    [Fact]
    public async Task Chat_TokensUsedUp_Is429OnEveryRouteThatComputes()
    {
        var key = await api.World.IssueLimitedKeyAsync(api.World.Hotels, tokensPerMinute: 30);

        var first = await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"the room was clean and the staff was kind"},{"text":"the room was clean and the staff was kind"}]}""");
        var used = (long)(await TestApi.BodyAsync(first))["usage"]!["prompt_tokens"]!;

        Assert.InRange(used, 30, 1000);
        await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Sentiment, One), HttpStatusCode.TooManyRequests, "token_limit_exceeded");
        var chat = await api.PostAsync(key, "/v1/chat/completions", $$"""{"model":"{{TestTasks.Reply}}","messages":[{"role":"user","content":"thank you"}]}""");
        Assert.Equal(HttpStatusCode.TooManyRequests, chat.StatusCode);
        Assert.Equal("0", chat.Headers.GetValues("x-ratelimit-remaining-tokens").Single());
    }

    [Fact]
    public async Task Predict_OnThreeReplicas_ALimitIsOneForAllOfThem()
    {
        Assert.SkipUnless(TestDatabaseCopy.UsesPostgres, "Several replicas need PostgreSQL; the suite's second pass has it.");
        await using var one = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        await using var two = one.StartAgain(new FakeLoader(_ => new FakeModel()));
        await using var three = one.StartAgain(new FakeLoader(_ => new FakeModel()));
        TestApi[] replicas = [one, two, three];
        foreach (var replica in replicas)
            await replica.WaitAsync(async () => (await replica.Client.GetAsync("/readyz", Cancellation)).IsSuccessStatusCode, "a replica to serve");
        var key = await one.World.IssueLimitedKeyAsync(one.World.Hotels, requestsPerMinute: 30);

        var watch = Stopwatch.StartNew();
        var answers = await Task.WhenAll(Enumerable.Range(0, 90).Select(i => replicas[i % 3].PredictAsync(key, TestTasks.Sentiment, One)));
        var let = answers.Count(answer => answer.IsSuccessStatusCode);

        Assert.InRange(let, 30, 31 + (int)watch.Elapsed.TotalSeconds / 2);
        Assert.All(answers.Where(answer => !answer.IsSuccessStatusCode), refused =>
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.Equal("0", refused.Headers.GetValues("x-ratelimit-remaining-requests").Single());
        });

        // Tokens likewise: what one replica computed, another one counts.
        var few = await one.World.IssueLimitedKeyAsync(one.World.Hotels, tokensPerMinute: 4);
        await TestApi.BodyAsync(await one.PredictAsync(few, TestTasks.Sentiment, """{"inputs":[{"text":"a room"},{"text":"a room"}]}"""));
        await TestApi.ProblemAsync(await two.PredictAsync(few, TestTasks.Sentiment, One), HttpStatusCode.TooManyRequests, "token_limit_exceeded");
    }

    [Fact]
    public async Task Request_TooManyFailures_IsRefusedWhileKeysThatWorkedGoOn()
    {
        await using var own = await TestApi.StartAsync(loader: null, ("Api:MaxAuthenticationFailures", "5"));
        var known = await own.World.IssueKeyAsync(own.World.Hotels);
        var fresh = await own.World.IssueKeyAsync(own.World.Hotels);
        await TestApi.BodyAsync(await own.GetAsync("/v1/usage", known));

        for (var i = 0; i < 6; i++)
            await TestApi.ProblemAsync(await WrongAsync(own), HttpStatusCode.Unauthorized, "key_malformed");

        var refused = await WrongAsync(own);
        await TestApi.ProblemAsync(refused, HttpStatusCode.TooManyRequests, "too_many_failures");
        Assert.NotNull(refused.Headers.RetryAfter);
        await TestApi.ProblemAsync(await own.GetAsync("/v1/usage", fresh), HttpStatusCode.TooManyRequests, "too_many_failures");
        await TestApi.BodyAsync(await own.GetAsync("/v1/usage", known));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("192.0.2.0/24", true)]
    [InlineData("127.0.0.1", false)]
    public async Task Request_ForwardedAddress_CountsOnlyFromAConfiguredProxy(string? proxy, bool isShared)
    {
        var (own, address) = await TestApi.StartListeningAsync(loader: null, proxy is null ? [("Api:MaxAuthenticationFailures", "5")] : [("Api:MaxAuthenticationFailures", "5"), ("Api:KnownProxies:0", proxy)]);
        await using var running = own;
        using var client = new HttpClient { BaseAddress = address };

        for (var i = 0; i < 6; i++)
            await TestApi.ProblemAsync(await WrongAsync(client, "203.0.113.7"), HttpStatusCode.Unauthorized, "key_malformed");

        await TestApi.ProblemAsync(await WrongAsync(client, "203.0.113.7"), HttpStatusCode.TooManyRequests, "too_many_failures");
        var other = await WrongAsync(client, "203.0.113.8");
        await TestApi.ProblemAsync(other, isShared ? HttpStatusCode.TooManyRequests : HttpStatusCode.Unauthorized, isShared ? "too_many_failures" : "key_malformed");
    }

    private static Task<HttpResponseMessage> WrongAsync(TestApi api) => WrongAsync(api.Client, null);

    private static async Task<HttpResponseMessage> WrongAsync(HttpClient client, string? forwardedFor)
    {
        using var request = TestApi.Request(HttpMethod.Get, "/v1/usage");
        if (forwardedFor is not null)
            request.Headers.Add("X-Forwarded-For", forwardedFor);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "sk-wrong");
        return await client.SendAsync(request, Cancellation);
    }
}
