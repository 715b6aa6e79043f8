using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using OpenAI;
using OpenAI.Files;
using Platform.Api.Idempotency;
using Platform.Api.Tests.OpenAi;
using Platform.Domain.Keys;
using Platform.Domain.Usage;

namespace Platform.Api.Tests.Batches;

public sealed class BatchTests(ServingFixture fixture)
{
    private const string Chat = "/v1/chat/completions";

    private readonly TestApi api = fixture.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Batch_DotNetClient_UploadsBeginsPollsAndReadsTheResults()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var client = new OpenAIClient(new ApiKeyCredential(key.Secret), new OpenAIClientOptions { Endpoint = new Uri(api.Client.BaseAddress!, "/v1"), Transport = new HttpClientPipelineTransport(api.Client) });
        var lines = new[] { Line("a", "the room was clean"), Line("b", "the staff was kind"), Line("wrong", "x", more: ""","reasoning_effort":"low" """) };

        OpenAIFile file = await client.GetOpenAIFileClient().UploadFileAsync(BinaryData.FromString(string.Join('\n', lines)), "in.jsonl", FileUploadPurpose.Batch);
        var operation = await client.GetBatchClient().CreateBatchAsync(
            BinaryContent.Create(BinaryData.FromString($$"""{"input_file_id":"{{file.Id}}","endpoint":"{{Chat}}","completion_window":"24h","metadata":{"who":"test"} }""")), waitUntilCompleted: false);
        var batch = await EndedAsync(api, key, operation.BatchId);
        var output = await client.GetOpenAIFileClient().DownloadFileAsync((string)batch["output_file_id"]!, Cancellation);

        Assert.Equal(("in.jsonl", FilePurpose.Batch), (file.Filename, file.Purpose));
        Assert.Equal(("completed", "test"), ((string?)batch["status"], (string?)batch["metadata"]!["who"]));
        Assert.Equal("""{"total":3,"completed":2,"failed":1}""", batch["request_counts"]!.ToJsonString());
        var results = Results(output.Value.ToString());
        Assert.Equal(["a", "b"], results.Keys.Order());
        var alone = await TestApi.BodyAsync(await api.PostAsync(key, Chat, Body("the room was clean")));
        Assert.Equal((string?)alone["choices"]![0]!["message"]!["content"], (string?)results["a"]["response"]!["body"]!["choices"]![0]!["message"]!["content"]);
        var refused = Results(await ContentAsync(api, key, (string)batch["error_file_id"]!))["wrong"];
        Assert.Equal((400, "field_unknown"), ((int)refused["response"]!["status_code"]!, (string?)refused["response"]!["body"]!["error"]!["code"]));
        await using var context = api.World.Open();
        var ids = results.Values.Select(result => (string)result["response"]!["request_id"]!).ToList();
        Assert.Equal(2, await context.UsageRecords.CountAsync(record => ids.Contains(record.RequestId) && record.Status == UsageStatus.Ok && record.KeyId == key.Key.Id, Cancellation));
        Assert.Contains((await client.GetOpenAIFileClient().GetFilesAsync(cancellationToken: Cancellation)).Value, found => found.Id == file.Id);
        Assert.True((await client.GetOpenAIFileClient().DeleteFileAsync(file.Id, Cancellation)).Value.Deleted);
        await TestApi.OpenAiErrorAsync(await api.GetAsync($"/v1/files/{file.Id}", key), HttpStatusCode.NotFound, "file_unknown", "id");
    }

    [Fact]
    public async Task Batch_JavaScriptClient_WorksUnmodified()
    {
        var (own, address) = await TestApi.StartListeningAsync();
        await using var _ = own;
        var key = await own.World.IssueKeyAsync(own.World.Hotels);

        var seen = await NodeSdk.RunAsync("batch.mjs", address.ToString().TrimEnd('/'), key.Secret);

        Assert.Equal("""{"status":"completed","counts":{"total":2,"completed":2,"failed":0},"ids":["a","b"],"listed":true,"deleted":true,"gone":"NotFoundError","cancelled":"ConflictError"}""", seen.ToJsonString());
    }

    [Fact]
    public async Task Batch_TaskEndpoint_GivesPredictions()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var endpoint = $"/v1/tasks/{TestTasks.Sentiment}/predict";

        var batch = await EndedAsync(api, key, await BeginAsync(api, key, endpoint, $$"""{"custom_id":"one","method":"POST","url":"{{endpoint}}","body":{"inputs":[{"text":"clean"},{"text":"kind"}]} }"""));

        Assert.Equal(2, Results(await ContentAsync(api, key, (string)batch["output_file_id"]!))["one"]["response"]!["body"]!["predictions"]!.AsArray().Count);
    }

    [Fact]
    public async Task Batch_FileThatIsNotSound_FailsAndNamesLines()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var batch = await EndedAsync(api, key, await BeginAsync(api, key, Chat, string.Join('\n', Line("a", "x"), Line("a", "y"), "{", """{"custom_id":"c","method":"GET","url":"/v1/chat/completions","body":{}}""")));

        Assert.Equal("failed", (string?)batch["status"]);
        Assert.Equal(["custom_id_twice:2", "line_not_json:3", "method_invalid:4"], batch["errors"]!["data"]!.AsArray().Select(problem => $"{problem!["code"]}:{problem["line"]}"));
        Assert.Null(batch["output_file_id"]);
    }

    [Fact]
    public async Task Batch_OtherTeam_SeesNeitherFilesNorBatches()
    {
        var (key, stranger) = (await api.World.IssueKeyAsync(api.World.Hotels), await api.World.IssueKeyAsync(api.World.Flights));
        var id = await BeginAsync(api, key, Chat, Line("a", "x"));
        var batch = await EndedAsync(api, key, id);

        await TestApi.OpenAiErrorAsync(await api.GetAsync($"/v1/batches/{id}", stranger), HttpStatusCode.NotFound, "batch_unknown", "id");
        await TestApi.OpenAiErrorAsync(await api.PostAsync(stranger, $"/v1/batches/{id}/cancel", "{}"), HttpStatusCode.NotFound, "batch_unknown", "id");
        await TestApi.OpenAiErrorAsync(await api.GetAsync($"/v1/files/{batch["output_file_id"]}/content", stranger), HttpStatusCode.NotFound, "file_unknown", "id");
        await TestApi.OpenAiErrorAsync(await api.PostAsync(stranger, "/v1/batches", $$"""{"input_file_id":"{{batch["input_file_id"]}}","endpoint":"{{Chat}}","completion_window":"24h"}"""), HttpStatusCode.NotFound, "file_unknown", "input_file_id");
        Assert.Empty((await TestApi.BodyAsync(await api.GetAsync("/v1/files", stranger)))["data"]!.AsArray());
        Assert.Empty((await TestApi.BodyAsync(await api.GetAsync("/v1/batches", stranger)))["data"]!.AsArray());
        Assert.NotEmpty((await TestApi.BodyAsync(await api.GetAsync("/v1/batches?limit=1", key)))["data"]!.AsArray());
    }

    [Fact]
    public async Task PostFile_Mistakes_AreNamed()
    {
        await using var small = await TestApi.StartAsync(services => { }, ("Api:MaxFileBytes", "2000"), ("Api:MaxTeamFiles", "1"));
        var key = await small.World.IssueKeyForAllAsync(small.World.Hotels);

        await TestApi.OpenAiErrorAsync(await UploadAsync(small, key, new string('x', 3000)), HttpStatusCode.RequestEntityTooLarge, "file_too_large", "file");
        await TestApi.OpenAiErrorAsync(await UploadAsync(small, key, "x", purpose: "fine-tune"), HttpStatusCode.BadRequest, "field_out_of_range", "purpose");
        await TestApi.OpenAiErrorAsync(await small.PostAsync(key, "/v1/files", "{}"), HttpStatusCode.UnsupportedMediaType, "content_type_unsupported", null);
        await TestApi.BodyAsync(await UploadAsync(small, key, "x"));
        await TestApi.OpenAiErrorAsync(await UploadAsync(small, key, "x"), HttpStatusCode.Conflict, "files_too_many", null);
    }

    [Fact]
    public async Task PostFile_NamedAndSentAgain_IsOneFile()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var count = await CountAsync();

        var first = await UploadAsync(api, key, "a line", name: "upload-1");
        var again = await UploadAsync(api, key, "a line", name: "upload-1");
        var other = await UploadAsync(api, key, "another line", name: "upload-1");

        Assert.Equal((string?)(await TestApi.BodyAsync(first))["id"], (string?)(await TestApi.BodyAsync(again))["id"]);
        Assert.True(again.Headers.Contains(IdempotentCalls.ReplayedHeader));
        await TestApi.OpenAiErrorAsync(other, HttpStatusCode.UnprocessableEntity, "idempotency_key_reused", IdempotentCalls.Header);
        Assert.Equal(count + 1, await CountAsync());

        async Task<int> CountAsync() => (await TestApi.BodyAsync(await api.GetAsync("/v1/files", key)))["data"]!.AsArray().Count;
    }

    [Fact]
    public async Task Cancel_RunningBatch_KeepsWhatWasAnswered()
    {
        using var entered = new SemaphoreSlim(0);
        using var open = new ManualResetEventSlim();
        var model = new FakeModel { StepsFor = text => text == "endless" ? int.MaxValue : 1 };
        model.InStep = inputs =>
        {
            if (!inputs.Any(input => input.Text == "endless"))
                return;
            entered.Release();
            open.Wait();
        };
        await using var own = await TestApi.StartServingAsync(new FakeLoader(_ => model), ("Api:MaxBatchConcurrency", "1"));
        var key = await own.World.IssueKeyAsync(own.World.Hotels);
        var id = await BeginAsync(own, key, Chat, string.Join('\n', Line("first", "quick"), Line("second", "endless"), Line("third", "quick")));
        await entered.WaitAsync(Cancellation);

        var cancelling = await TestApi.BodyAsync(await own.PostAsync(key, $"/v1/batches/{id}/cancel", "{}"));
        open.Set();
        var batch = await EndedAsync(own, key, id);

        Assert.Equal("cancelling", (string?)cancelling["status"]);
        Assert.Equal("cancelled", (string?)batch["status"]);
        Assert.Equal("first", Assert.Single(Results(await ContentAsync(own, key, (string)batch["output_file_id"]!)).Keys));
        Assert.Equal(0, model.Inputs);
        await TestApi.OpenAiErrorAsync(await own.PostAsync(key, $"/v1/batches/{id}/cancel", "{}"), HttpStatusCode.Conflict, "batch_has_ended", null);
    }

    [Fact]
    public async Task Restart_InTheMiddle_AnswersEveryLineOnceAndBillsItOnce()
    {
        using var steps = new SemaphoreSlim(8);
        var model = new FakeModel();
        await using var own = await TestApi.StartServingAsync(new FakeLoader(_ => model), ("Api:MaxBatchConcurrency", "2"));
        var key = await own.World.IssueKeyAsync(own.World.Hotels);
        model.InStep = _ => steps.Wait();
        var id = await BeginAsync(own, key, Chat, string.Join('\n', Enumerable.Range(0, 60).Select(i => Line($"line {i}", $"text {i}"))));
        await own.WaitAsync(async () => await BilledAsync(own) > 5, "some lines to be answered");
        var stopping = own.StopAsync();
        steps.Release(1000);
        await stopping;

        await using var again = own.StartAgain(new FakeLoader(_ => new FakeModel()));
        var batch = await EndedAsync(again, key, id);

        Assert.Equal("""{"total":60,"completed":60,"failed":0}""", batch["request_counts"]!.ToJsonString());
        Assert.Equal(60, Results(await ContentAsync(again, key, (string)batch["output_file_id"]!)).Count);
        Assert.Equal(60, await BilledAsync(again));
    }

    [Fact]
    public async Task Files_WithAnExpiry_AreGoneAfterIt()
    {
        await using var own = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()), ("Api:CleanUpPoll", "00:00:00.05"));
        var key = await own.World.IssueKeyAsync(own.World.Hotels);

        var plain = await TestApi.BodyAsync(await UploadAsync(own, key, Line("a", "x")));
        var brief = await TestApi.BodyAsync(await UploadAsync(own, key, Line("a", "x"), expiry: ("created_at", "3600")));
        var batch = await EndedAsync(own, key, (string)(await TestApi.BodyAsync(await own.PostAsync(
            key, "/v1/batches", $$"""{"input_file_id":"{{brief["id"]}}","endpoint":"{{Chat}}","completion_window":"24h","output_expires_after":{"anchor":"created_at","seconds":7200} }""")))["id"]!);
        var output = await TestApi.BodyAsync(await own.GetAsync($"/v1/files/{batch["output_file_id"]}", key));

        Assert.Equal((30 * 86_400, 3600, 7200), (Kept(plain), Kept(brief), Kept(output)));
        await TestApi.OpenAiErrorAsync(await UploadAsync(own, key, "x", expiry: ("created_at", "60")), HttpStatusCode.BadRequest, "field_out_of_range", "expires_after[seconds]");
        await TestApi.OpenAiErrorAsync(await UploadAsync(own, key, "x", expiry: ("last_active_at", "3600")), HttpStatusCode.BadRequest, "field_out_of_range", "expires_after[anchor]");
        var path = own.World.Get<Domain.Batches.FileStore>().PathOf(Guid.ParseExact(((string)brief["id"]!)["file-".Length..], "N"));
        Assert.True(File.Exists(path));
        await using var context = own.World.Open();
        await context.Files.Where(file => file.Name == "in.jsonl").ExecuteUpdateAsync(set => set.SetProperty(file => file.ExpiresAt, file => DateTimeOffset.UnixEpoch), Cancellation);
        await own.WaitAsync(async () => await context.Files.CountAsync(Cancellation) == 1, "the expired files to be deleted");
        await TestApi.OpenAiErrorAsync(await own.GetAsync($"/v1/files/{brief["id"]}", key), HttpStatusCode.NotFound, "file_unknown", "id");
        Assert.False(File.Exists(path));
        Assert.NotEmpty(await ContentAsync(own, key, (string)batch["output_file_id"]!));

        static long Kept(JsonNode file) => (long)file["expires_at"]! - (long)file["created_at"]!;
    }

    [Fact]
    public async Task Begin_WithANameTwice_IsOneBatch()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var file = (string)(await TestApi.BodyAsync(await UploadAsync(api, key, Line("a", "x"))))["id"]!;

        var (first, second) = (await TestApi.BodyAsync(await NamedAsync()), await NamedAsync());

        Assert.Equal((string?)first["id"], (string?)(await TestApi.BodyAsync(second))["id"]);
        Assert.Equal("true", second.Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Single((await TestApi.BodyAsync(await api.GetAsync("/v1/batches", key)))["data"]!.AsArray(), batch => (string?)batch!["input_file_id"] == file);

        async Task<HttpResponseMessage> NamedAsync()
        {
            using var request = TestApi.Request(HttpMethod.Post, "/v1/batches", key);
            request.Headers.Add("Idempotency-Key", $"batch-of-{file}");
            request.Content = new StringContent($$"""{"input_file_id":"{{file}}","endpoint":"{{Chat}}","completion_window":"24h"}""", Encoding.UTF8, "application/json");
            return await api.Client.SendAsync(request, Cancellation);
        }
    }

    [Fact]
    public async Task Batch_OfAKeyWithALimit_WaitsForItAndLeavesHalfOfItToRequests()
    {
        var key = await api.World.IssueLimitedKeyAsync(api.World.Hotels, requestsPerMinute: 240);

        // Upload and begin are two of the 240; lines go on until 120 are left, and then at four a second.
        var id = await BeginAsync(api, key, Chat, string.Join('\n', Enumerable.Range(0, 124).Select(i => Line($"line {i}", "x"))));
        await api.WaitAsync(async () => (int)(await TestApi.BodyAsync(await api.GetAsync($"/v1/batches/{id}", key)))["request_counts"]!["total"]! == 124, "the batch to begin");
        var online = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => api.PostAsync(key, Chat, Body("x"))));
        var batch = await EndedAsync(api, key, id);

        Assert.All(online, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal("240", online[0].Headers.GetValues("x-ratelimit-limit-requests").Single());
        Assert.Equal("""{"total":124,"completed":124,"failed":0}""", batch["request_counts"]!.ToJsonString());
    }

    [Fact]
    public async Task Batch_OverBudget_WritesTheRefusalToItsErrors()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        Assert.True((await api.World.Get<Domain.Budgets.BudgetBook>().SetAsync(
            Domain.Users.Actor.System("admin"), new Domain.Budgets.BudgetRequest(Domain.Budgets.BudgetScope.Key, key.Key.Id, Domain.Budgets.BudgetPeriod.Month, Domain.Budgets.BudgetKind.Hard, 0m, "USD"), Cancellation)).IsSuccess);
        await api.WaitAsync(async () => (await api.PostAsync(key, Chat, Body("x"))).StatusCode == HttpStatusCode.TooManyRequests, "the budget to bind");

        var batch = await EndedAsync(api, key, await BeginAsync(api, key, Chat, Line("a", "x")));

        var refused = Results(await ContentAsync(api, key, (string)batch["error_file_id"]!))["a"];
        Assert.Equal((429, "budget_exceeded"), ((int)refused["response"]!["status_code"]!, (string?)refused["response"]!["body"]!["error"]!["code"]));
    }

    private static async Task<int> BilledAsync(TestApi api)
    {
        await using var context = api.World.Open();
        return await context.UsageRecords.CountAsync(record => record.Status == UsageStatus.Ok, Cancellation);
    }

    private static string Body(string text, string more = "") => $$"""{"model":"{{TestTasks.Sentiment}}","messages":[{"role":"user","content":"{{text}}"}]{{more}}}""";

    private static string Line(string id, string text, string more = "") => $$"""{"custom_id":"{{id}}","method":"POST","url":"{{Chat}}","body":{{Body(text, more)}}}""";

    private static async Task<HttpResponseMessage> UploadAsync(TestApi api, IssuedKey key, string content, string purpose = "batch", (string Anchor, string Seconds)? expiry = null, string? name = null)
    {
        using var request = TestApi.Request(HttpMethod.Post, "/v1/files", key);
        using var form = new MultipartFormDataContent { { new StringContent(purpose), "purpose" }, { new ByteArrayContent(Encoding.UTF8.GetBytes(content)), "file", "in.jsonl" } };
        if (expiry is { } wanted)
        {
            form.Add(new StringContent(wanted.Anchor), "expires_after[anchor]");
            form.Add(new StringContent(wanted.Seconds), "expires_after[seconds]");
        }

        if (name is not null)
            request.Headers.Add(IdempotentCalls.Header, name);
        request.Content = form;
        return await api.Client.SendAsync(request, Cancellation);
    }

    private static async Task<string> BeginAsync(TestApi api, IssuedKey key, string endpoint, string lines)
    {
        var file = (string)(await TestApi.BodyAsync(await UploadAsync(api, key, lines)))["id"]!;
        return (string)(await TestApi.BodyAsync(await api.PostAsync(key, "/v1/batches", $$"""{"input_file_id":"{{file}}","endpoint":"{{endpoint}}","completion_window":"24h"}""")))["id"]!;
    }

    private static async Task<JsonNode> EndedAsync(TestApi api, IssuedKey key, string id)
    {
        JsonNode batch = null!;
        await api.WaitAsync(async () =>
        {
            batch = await TestApi.BodyAsync(await api.GetAsync($"/v1/batches/{id}", key));
            return (string?)batch["status"] is "completed" or "failed" or "cancelled" or "expired";
        }, "the batch to end");
        return batch;
    }

    private static async Task<string> ContentAsync(TestApi api, IssuedKey key, string file)
    {
        var response = await api.GetAsync($"/v1/files/{file}/content", key);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    /// <summary>By custom_id; one that is there twice is an error.</summary>
    private static Dictionary<string, JsonNode> Results(string content) =>
        content.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToDictionary(result => (string)result["custom_id"]!);
}
