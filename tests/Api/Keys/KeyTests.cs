using System.Net;
using System.Net.Http.Headers;
using Platform.Domain.Keys;

namespace Platform.Api.Tests.Keys;

public sealed class KeyTests(ServingFixture fixture)
{
    private const string Body = """{"inputs":[{"text":"clean"}]}""";

    private readonly TestApi api = fixture.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("POST", "/v1/tasks/hotel-sentiment/predict")]
    [InlineData("POST", "/v1/tasks/there-is-no-such-task/predict")]
    [InlineData("GET", "/v1/usage")]
    public async Task Request_WithoutKey_Is401OnEveryRoute(string method, string path)
    {
        using var request = TestApi.Request(new HttpMethod(method), path);

        var response = await api.Client.SendAsync(request, Cancellation);

        await TestApi.ProblemAsync(response, HttpStatusCode.Unauthorized, "key_missing");
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Theory]
    [InlineData("Basic", "abc", "key_malformed")]
    [InlineData("Bearer", "sk-short", "key_malformed")]
    [InlineData("Bearer", "sk-0123456789012345678901234567890123456789012", "key_unknown")]
    public async Task Request_WrongKey_SaysWhatIsWrongWithIt(string scheme, string secret, string code)
    {
        using var request = TestApi.Request(HttpMethod.Get, "/v1/usage");
        request.Headers.Authorization = new AuthenticationHeaderValue(scheme, secret);

        await TestApi.ProblemAsync(await api.Client.SendAsync(request, Cancellation), HttpStatusCode.Unauthorized, code);
    }

    [Fact]
    public async Task Request_RevokedKey_IsRefusedWithinTheCacheTime()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, Body));

        await api.World.RevokeAsync(key);

        await api.WaitAsync(async () => (await api.GetAsync("/v1/models", key)).StatusCode == HttpStatusCode.Unauthorized, "the revocation to act");
        await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Sentiment, Body), HttpStatusCode.Unauthorized, "key_revoked");
    }

    [Fact]
    public async Task Request_ExpiredKey_IsRefused()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels, DateTimeOffset.UtcNow.AddMilliseconds(300));

        await api.WaitAsync(async () => (await api.GetAsync("/v1/models", key)).StatusCode == HttpStatusCode.Unauthorized, "the key to expire");

        await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Sentiment, Body), HttpStatusCode.Unauthorized, "key_expired");
    }

    [Fact]
    public async Task Predict_OwnTeamsTaskOutOfScope_Is403AndNamesTheKey()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels, null, TestTasks.Sentiment);

        var problem = await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Reply, Body), HttpStatusCode.Forbidden, "task_not_in_scope");

        Assert.Contains("'test app'", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_OtherTeamsTask_IsAnsweredLikeOneThatDoesNotExist()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var foreign = await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Flights, Body), HttpStatusCode.NotFound, "task_unknown");
        var absent = await TestApi.ProblemAsync(await api.PredictAsync(key, "no-such-task", Body), HttpStatusCode.NotFound, "task_unknown");

        Assert.Equal(((string)absent["detail"]!).Replace("no-such-task", TestTasks.Flights), (string?)foreign["detail"]);
    }

    [Fact]
    public async Task Predict_TaskThatTheModelWasNotTrainedOn_SaysSo()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels, null, TestTasks.Unserved);

        var problem = await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Unserved, Body), HttpStatusCode.NotFound, "task_not_served");

        Assert.Contains("model version 1", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_ValidKey_IsMarkedAsUsed()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        await TestApi.BodyAsync(await api.GetAsync("/v1/models", key));

        await api.WaitAsync(
            async () =>
            {
                await using var context = api.World.Open();
                return (await context.FindAsync<ApiKey>([key.Key.Id], Cancellation))!.LastUsedAt is not null;
            }, "the key's last use");
    }
}
