using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Budgets;
using Platform.Domain.Keys;
using Platform.Domain.Users;

namespace Platform.Api.Tests.Security;

/// <summary>
/// Every route that the Api maps, asked with every kind of key. The routes come from the running Api: one that is added without a rule
/// here fails.
/// </summary>
public sealed class RouteMatrixTests(ServingFixture fixture)
{
    private static readonly string[] Public = ["GET /healthz", "GET /readyz"];

    /// <summary>A call of each route that computes for, or tells about, a given task.</summary>
    private static readonly Dictionary<string, Func<string, (string Path, string? Body)>> OfTask = new()
    {
        ["POST /v1/tasks/{task}/predict"] = task => ($"/v1/tasks/{task}/predict", """{"inputs":[{"text":"a room"}]}"""),
        ["POST /v1/chat/completions"] = task => ("/v1/chat/completions", $$"""{"model":"{{task}}","messages":[{"role":"user","content":"a room"}]}"""),
        ["POST /v1/completions"] = task => ("/v1/completions", $$"""{"model":"{{task}}","prompt":"a room"}"""),
        ["GET /v1/models/{id}"] = task => ($"/v1/models/{task}", null),
    };

    /// <summary>A call of each route that answers with what belongs to the key.</summary>
    private static readonly Dictionary<string, string> OfKey = new()
    {
        ["GET /v1/models"] = "/v1/models",
        ["GET /v1/usage"] = "/v1/usage",
        ["GET /metrics"] = "/metrics",
        ["GET /openapi/{documentName}.json"] = "/openapi/v1.json",
    };

    /// <summary>Routes of batches; what they answer to a valid key is tested with them.</summary>
    private static readonly Dictionary<string, string> OfBatches = new()
    {
        ["POST /v1/files"] = "/v1/files",
        ["GET /v1/files"] = "/v1/files",
        ["GET /v1/files/{id}"] = "/v1/files/file-1",
        ["GET /v1/files/{id}/content"] = "/v1/files/file-1/content",
        ["DELETE /v1/files/{id}"] = "/v1/files/file-1",
        ["POST /v1/batches"] = "/v1/batches",
        ["GET /v1/batches"] = "/v1/batches",
        ["GET /v1/batches/{id}"] = "/v1/batches/batch-1",
        ["POST /v1/batches/{id}/cancel"] = "/v1/batches/batch-1/cancel",
    };

    private readonly TestApi api = fixture.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Routes_All_HaveARule()
    {
        var known = Public.Concat(OfTask.Keys).Concat(OfKey.Keys).Concat(OfBatches.Keys).ToHashSet();

        Assert.Equal(known.Order(StringComparer.Ordinal), Routes().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Routes_BehindAuth_RefuseEveryKeyThatIsNotValid()
    {
        var expired = await api.World.IssueKeyAsync(api.World.Hotels, DateTimeOffset.UtcNow.AddMinutes(1));
        await using (var context = api.World.Open())
            await context.ApiKeys.Where(key => key.Id == expired.Key.Id).ExecuteUpdateAsync(set => set.SetProperty(key => key.ExpiresAt, DateTimeOffset.UtcNow.AddMinutes(-1)), Cancellation);
        var revoked = await api.World.IssueKeyAsync(api.World.Hotels);
        await api.World.RevokeAsync(revoked);
        (string? Authorization, string Code)[] refused =
        [
            (null, "key_missing"), ("", "key_missing"), ("Basic YTpi", "key_malformed"), ("Bearer sk-short", "key_malformed"),
            ($"Bearer sk-{new string('x', 43)}", "key_unknown"), ($"bearer {revoked.Secret}", "key_revoked"), ($"Bearer {expired.Secret}", "key_expired"),
            ($"Bearer {revoked.Secret}x", "key_malformed"), ($"Bearer {revoked.Secret.ToLowerInvariant()}", "key_unknown"),
        ];

        var ofBatches = OfBatches.Select(route => (Method(route.Key), route.Value, (string?)null));
        foreach (var (method, path, body) in Calls(TestTasks.Sentiment).Concat(ofBatches))
            foreach (var (authorization, code) in refused)
            {
                var response = await SendAsync(method, path, body, authorization);
                var text = await response.Content.ReadAsStringAsync(Cancellation);
                Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{method} {path} with '{authorization}': {(int)response.StatusCode} {text}");
                Assert.Contains($"\"{code}\"", text, StringComparison.Ordinal);
                Assert.NotEmpty(response.Headers.WwwAuthenticate);
                if (authorization is { Length: > 20 })
                    Assert.DoesNotContain(authorization[^20..], text, StringComparison.Ordinal);
            }
    }

    [Fact]
    public async Task Routes_OfATask_AnswerOtherTeamsLikeOneThatDoesNotExist()
    {
        var key = await api.World.IssueKeyAsync(api.World.Flights);

        foreach (var (route, call) in OfTask)
        {
            var foreign = await CallAsync(route, call(TestTasks.Sentiment), key);
            var absent = await CallAsync(route, call("no-such-task-x"), key);
            Assert.True(foreign.Status == HttpStatusCode.NotFound, $"{route}: {foreign}");
            Assert.Equal(absent.Body.Replace("no-such-task-x", TestTasks.Sentiment), foreign.Body);
        }
    }

    [Fact]
    public async Task Routes_OfATask_OutOfScope_Are403()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels, null, TestTasks.Sentiment);

        foreach (var (route, call) in OfTask)
        {
            var answer = await CallAsync(route, call(TestTasks.Reply), key);
            Assert.True(answer.Status == HttpStatusCode.Forbidden, $"{route}: {answer}");
        }
    }

    [Fact]
    public async Task Routes_WithAValidKey_Answer()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        foreach (var (method, path, body) in Calls(TestTasks.Sentiment))
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(method, path, body, $"Bearer {key.Secret}")).StatusCode);
        foreach (var route in Public)
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, route[4..], null, null)).StatusCode);
    }

    [Fact]
    public async Task Routes_OverBudget_RefuseWhatComputesAndAnswerTheRest()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        Assert.True((await api.World.Get<BudgetBook>().SetAsync(
            Actor.System("admin"), new BudgetRequest(BudgetScope.Key, key.Key.Id, BudgetPeriod.Month, BudgetKind.Hard, 0m, "USD"), Cancellation)).IsSuccess);
        var other = await api.World.IssueKeyAsync(api.World.Hotels);
        await api.WaitAsync(async () => (await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"a"}]}""")).StatusCode == HttpStatusCode.TooManyRequests, "the budget to bind");

        foreach (var (route, call) in OfTask)
        {
            var (path, body) = call(TestTasks.Sentiment);
            string?[] bodies = body is null || path.Contains("predict", StringComparison.Ordinal) ? [body] : [body, body[..^1] + ",\"stream\":true}"];
            foreach (var sent in bodies)
            {
                var answer = await SendAsync(Method(route), path, sent, $"Bearer {key.Secret}");
                var text = await answer.Content.ReadAsStringAsync(Cancellation);
                Assert.True(answer.StatusCode == (sent is null ? HttpStatusCode.OK : HttpStatusCode.TooManyRequests), $"{route}: {text}");
                Assert.Equal(sent is not null, text.Contains("budget_exceeded", StringComparison.Ordinal));
                Assert.NotEqual(HttpStatusCode.TooManyRequests, (await SendAsync(Method(route), path, sent, $"Bearer {other.Secret}")).StatusCode);
            }
        }

        foreach (var path in OfKey.Values.Append("/v1/files").Append("/v1/batches"))
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, path, null, $"Bearer {key.Secret}")).StatusCode);
    }

    [Fact]
    public async Task Routes_OfBatches_AnswerOtherTeamsLikeOnesThatDoNotExist()
    {
        var (own, stranger) = (await api.World.IssueKeyAsync(api.World.Hotels), await api.World.IssueKeyAsync(api.World.Flights));
        using var form = new MultipartFormDataContent { { new StringContent("batch"), "purpose" }, { new StringContent("{}"), "file", "in.jsonl" } };
        using var upload = TestApi.Request(HttpMethod.Post, "/v1/files", own);
        upload.Content = form;
        var file = (string)(await TestApi.BodyAsync(await api.Client.SendAsync(upload, Cancellation)))["id"]!;
        var batch = (string)(await TestApi.BodyAsync(await api.PostAsync(own, "/v1/batches", Begin(file))))["id"]!;

        foreach (var route in OfBatches.Keys.Where(route => route.Contains("{id}", StringComparison.Ordinal)).Append("POST /v1/batches"))
        {
            var id = route.Contains("/files", StringComparison.Ordinal) || !route.Contains("{id}", StringComparison.Ordinal) ? file : batch;
            var absent = id[..^32] + new string('0', 32);
            var (foreignAnswer, absentAnswer) = (await CallAsync(route, Call(route, id), stranger), await CallAsync(route, Call(route, absent), stranger));
            Assert.True(foreignAnswer.Status == HttpStatusCode.NotFound, $"{route}: {foreignAnswer}");
            Assert.Equal(absentAnswer.Body.Replace(absent, id, StringComparison.Ordinal), foreignAnswer.Body);
        }

        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync($"/v1/files/{file}", own)).StatusCode);

        static string Begin(string file) => $$"""{"input_file_id":"{{file}}","endpoint":"/v1/completions","completion_window":"24h"}""";

        static (string Path, string? Body) Call(string route, string id) => route.Contains("{id}", StringComparison.Ordinal)
            ? (route.Split(' ')[1].Replace("{id}", id, StringComparison.Ordinal), route.StartsWith("POST", StringComparison.Ordinal) ? "{}" : null)
            : ("/v1/batches", Begin(id));
    }

    private HashSet<string> Routes() =>
    [
        .. api.World.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().SelectMany(endpoint =>
            (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["ANY"]).Select(method => $"{method} /{endpoint.RoutePattern.RawText!.TrimStart('/')}")),
    ];

    private static IEnumerable<(HttpMethod Method, string Path, string? Body)> Calls(string task) =>
        OfTask.Select(route => (Method(route.Key), route.Value(task).Path, route.Value(task).Body)).Concat(OfKey.Select(route => (Method(route.Key), route.Value, (string?)null)));

    private static HttpMethod Method(string route) => new(route.Split(' ')[0]);

    /// <summary>The answer without what differs from request to request.</summary>
    private async Task<(HttpStatusCode Status, string Body)> CallAsync(string route, (string Path, string? Body) call, IssuedKey key)
    {
        var response = await SendAsync(Method(route), call.Path, call.Body, $"Bearer {key.Secret}");
        var body = System.Text.Json.Nodes.JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        body.AsObject().Remove("traceId");
        (body["error"] as System.Text.Json.Nodes.JsonObject)?.Remove("trace_id");
        return (response.StatusCode, body.ToJsonString());
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body, string? authorization)
    {
        using var request = new HttpRequestMessage(method, path);
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        return await api.Client.SendAsync(request, Cancellation);
    }
}
