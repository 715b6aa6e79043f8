using System.Net;
using System.Net.Http.Headers;

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

    private static async Task<HttpResponseMessage> WrongAsync(TestApi api)
    {
        using var request = TestApi.Request(HttpMethod.Get, "/v1/usage");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "sk-wrong");
        return await api.Client.SendAsync(request, Cancellation);
    }
}
