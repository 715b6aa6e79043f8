using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Keys;
using Platform.Domain.Usage;

namespace Platform.Api.Tests.OpenAi;

public sealed class ChatTests(ServingFixture fixture)
{
    private readonly TestApi api = fixture.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PostChat_ClosedTask_AnswersTheBestLabelWithItsLogprobs()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var predicted = await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"the room was clean"}]}"""));

        var response = await ChatAsync(key, Body(TestTasks.Sentiment, "the room was clean", ""","logprobs":true,"top_logprobs":3,"user":"u","metadata":{"a":"b"},"store":false,"tools":[]"""));
        var body = await TestApi.BodyAsync(response);

        var choice = body["choices"]![0]!;
        var best = predicted["predictions"]![0]!;
        Assert.Equal(("chat.completion", TestTasks.Sentiment, "model-version-1"), ((string?)body["object"], (string?)body["model"], (string?)body["system_fingerprint"]));
        Assert.Equal(((string?)best["output"], "assistant", "stop"), ((string?)choice["message"]!["content"], (string?)choice["message"]!["role"], (string?)choice["finish_reason"]));
        Assert.True(choice["message"]!.AsObject().ContainsKey("refusal"));
        var tokens = choice["logprobs"]!["content"]!.AsArray();
        Assert.Equal((double)best["score"]!, Math.Exp(tokens.Sum(token => (double)token!["logprob"]!)), 6);
        Assert.Equal((string?)best["output"], Encoding.UTF8.GetString([.. tokens.SelectMany(token => token!["bytes"]!.AsArray().Select(one => (byte)(int)one!))]));
        Assert.All(tokens, token => Assert.InRange(token!["top_logprobs"]!.AsArray().Count, 1, 3));
        Assert.Contains(tokens, token => token!["top_logprobs"]!.AsArray().Count > 1);
        var usage = body["usage"]!;
        Assert.Equal((long)usage["total_tokens"]!, (long)usage["prompt_tokens"]! + (long)usage["completion_tokens"]!);
        Assert.InRange((long)usage["prompt_tokens_details"]!["cached_tokens"]!, 0, (long)usage["prompt_tokens"]!);
        await using var context = api.World.Open();
        var id = response.Headers.GetValues("x-request-id").Single();
        Assert.Equal("chatcmpl-" + id[4..], (string?)body["id"]);
        var record = await context.UsageRecords.SingleAsync(found => found.RequestId == id, Cancellation);
        Assert.Equal((UsageStatus.Ok, (long)usage["prompt_tokens"]!, (decimal)usage["device_ms"]!), (record.Status, record.PromptTokens, record.DeviceMicroseconds / 1000m));
    }

    [Fact]
    public async Task PostChat_TwoParts_AreTheTextsOfATaskThatCompares()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var predicted = await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Same, """{"inputs":[{"text":"the room was clean","text2":"the staff was kind"}]}"""));

        var body = await TestApi.BodyAsync(await ChatAsync(key, $$$"""
            {"model":"{{{TestTasks.Same}}}","messages":[{"role":"user","content":[{"type":"text","text":"the room was clean"},{"type":"text","text":"the staff was kind"}]}],"logprobs":true}
            """));

        Assert.Equal((string?)predicted["predictions"]![0]!["output"], (string?)body["choices"]![0]!["message"]!["content"]);
        Assert.Equal((double)predicted["predictions"]![0]!["score"]!, Math.Exp(body["choices"]![0]!["logprobs"]!["content"]!.AsArray().Sum(token => (double)token!["logprob"]!)), 6);
    }

    [Fact]
    public async Task PostChat_SeedAndN_GivesTheSameDifferentAnswersAgain()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var json = Body(TestTasks.Reply, "the room was clean", ""","n":4,"temperature":1.9,"seed":7""");

        var first = Contents(await TestApi.BodyAsync(await ChatAsync(key, json)));
        var second = Contents(await TestApi.BodyAsync(await ChatAsync(key, json)));

        Assert.Equal(4, first.Count);
        Assert.Equal(first, second);
        Assert.True(first.Distinct().Count() > 1);
    }

    [Fact]
    public async Task PostChat_JsonSchema_IsFollowed()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var body = await TestApi.BodyAsync(await ChatAsync(key, Body(TestTasks.Reply, "clean", """
            ,"response_format":{"type":"json_schema","json_schema":{"name":"mood","strict":true,"schema":{"type":"array","items":{"const":1},"maxItems":2}}}
            """)));

        using var answer = JsonDocument.Parse(Contents(body).Single());
        Assert.All(answer.RootElement.EnumerateArray(), item => Assert.Equal(1, item.GetInt32()));
    }

    [Fact]
    public async Task PostChat_Stream_SendsTheSameTextInPartsAndTheUsageBeforeDone()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var whole = Contents(await TestApi.BodyAsync(await ChatAsync(key, Body(TestTasks.Reply, "the room was clean"))));

        var response = await ChatAsync(key, Body(TestTasks.Reply, "the room was clean", ""","stream":true,"stream_options":{"include_usage":true},"logprobs":true"""));
        var events = await EventsAsync(response);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("[DONE]", events[^1]);
        var chunks = events[..^1].Select(text => JsonNode.Parse(text)!).ToList();
        Assert.All(chunks, chunk => Assert.Equal(("chat.completion.chunk", (string?)chunks[0]["id"]), ((string?)chunk["object"], (string?)chunk["id"])));
        Assert.Equal("assistant", (string?)chunks[0]["choices"]![0]!["delta"]!["role"]);
        Assert.Equal(whole.Single(), string.Concat(chunks.SelectMany(chunk => chunk["choices"]!.AsArray()).Select(choice => (string?)choice!["delta"]!["content"])));
        Assert.True(chunks.Count > 4, "The text came at once.");
        Assert.Contains((string?)chunks[^2]["choices"]![0]!["finish_reason"], new[] { "stop", "length" });
        Assert.Empty(chunks[^1]["choices"]!.AsArray());
        await using var context = api.World.Open();
        var id = response.Headers.GetValues("x-request-id").Single();
        var record = await context.UsageRecords.SingleAsync(found => found.RequestId == id, Cancellation);
        Assert.Equal((record.PromptTokens, record.CompletionTokens, UsageStatus.Ok), ((long)chunks[^1]["usage"]!["prompt_tokens"]!, (long)chunks[^1]["usage"]!["completion_tokens"]!, record.Status));
    }

    [Fact]
    public async Task PostCompletions_ListOfPrompts_AnswersEachWithTheOlderLogprobs()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var body = await TestApi.BodyAsync(await api.PostAsync(key, "/v1/completions", $$"""{"model":"{{TestTasks.Reply}}","prompt":["clean","kind"],"max_tokens":3,"logprobs":2,"n":2,"temperature":1,"seed":1}"""));

        var choices = body["choices"]!.AsArray();
        Assert.Equal([0, 1, 2, 3], choices.Select(choice => (int)choice!["index"]!));
        foreach (var choice in choices)
        {
            var logprobs = choice!["logprobs"]!;
            Assert.Equal(logprobs["tokens"]!.AsArray().Count, logprobs["token_logprobs"]!.AsArray().Count);
            Assert.InRange(logprobs["tokens"]!.AsArray().Count, 0, 3);
            Assert.All(logprobs["top_logprobs"]!.AsArray(), top => Assert.InRange(top!.AsObject().Count, 1, 2));
        }

        Assert.Equal("text_completion", (string?)body["object"]);
        var stream = await EventsAsync(await api.PostAsync(key, "/v1/completions", $$"""{"model":"{{TestTasks.Reply}}","prompt":"clean","stream":true}"""));
        var plain = await TestApi.BodyAsync(await api.PostAsync(key, "/v1/completions", $$"""{"model":"{{TestTasks.Reply}}","prompt":"clean"}"""));
        Assert.Equal((string?)plain["choices"]![0]!["text"], string.Concat(stream[..^1].Select(text => (string?)JsonNode.Parse(text)!["choices"]![0]!["text"])));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"x"}]}""", "field_missing", "model", 400)]
    [InlineData("""{"model":"nothing","messages":[{"role":"user","content":"x"}]}""", "model_not_found", "model", 404)]
    [InlineData("""{"model":"TASK"}""", "field_missing", "messages", 400)]
    [InlineData("""{"model":"TASK","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"x"}]}""", "role_unsupported", "messages[0]", 400)]
    [InlineData("""{"model":"TASK","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}""", "role_unsupported", "messages[1]", 400)]
    [InlineData("""{"model":"TASK","messages":[{"role":"user","content":" "}]}""", "text_missing", "messages[0].content", 400)]
    [InlineData("""{"model":"TASK","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}""", "field_unsupported", "messages[0].content[0]", 400)]
    [InlineData("""{"model":"same-question","messages":[{"role":"user","content":"x"}]}""", "text2_missing", "messages[0].content", 400)]
    [InlineData("""{"model":"TASK","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function"}]}""", "field_unsupported", "tools", 400)]
    [InlineData("""{"model":"TASK","messages":[{"role":"user","content":"x"}],"reasoning_effort":"low"}""", "field_unknown", "reasoning_effort", 400)]
    [InlineData("""{"model":"TASK","messages":[{"role":"user","content":"x"}],"temperature":3}""", "field_out_of_range", "temperature", 400)]
    [InlineData("""{"model":"TASK","messages":[{"role":"user","content":"x"}],"top_logprobs":2}""", "field_unsupported", "top_logprobs", 400)]
    [InlineData("""{"model":"TASK","messages":[{"role":"user","content":"x"}],"stop":[""]}""", "stop_invalid", "stop", 400)]
    [InlineData("""{"model":"TASK","messages":[{"role":"user","content":"x"}],"n":"2"}""", "field_type_wrong", "n", 400)]
    [InlineData("""{"model":"hotel-sentiment","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}""", "field_unsupported", "response_format", 400)]
    [InlineData("""{"model":"TASK","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object","patternProperties":{}}}}}""", "schema_unsupported", "response_format.json_schema.schema", 400)]
    [InlineData("""{"model":"TASK","messages":[{"role":"user","content":"x"}],"logit_bias":{"9999999":1}}""", "field_out_of_range", "logit_bias", 400)]
    [InlineData("[]", "field_type_wrong", "body", 400)]
    [InlineData("{", "body_not_json", "body", 400)]
    public async Task PostChat_Mistake_IsNamedInOpenAisErrorObject(string json, string code, string param, int status)
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        await TestApi.OpenAiErrorAsync(await ChatAsync(key, json.Replace("TASK", TestTasks.Reply, StringComparison.Ordinal)), (HttpStatusCode)status, code, param);
    }

    [Fact]
    public async Task PostChat_InputThatDoesNotFit_IsRefusedBeforeTheStreamBegins()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var error = await TestApi.OpenAiErrorAsync(
            await ChatAsync(key, Body(TestTasks.Reply, string.Join(' ', Enumerable.Repeat("room", 300)), ""","stream":true""")), HttpStatusCode.BadRequest, "input_too_long", "inputs[0]");

        Assert.Equal("invalid_request_error", (string?)error["type"]);
    }

    [Fact]
    public async Task GetModel_KnownAndUnknown_AnswersAsOpenAi()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        Assert.Equal(TestTasks.Reply, (string?)(await TestApi.BodyAsync(await api.GetAsync($"/v1/models/{TestTasks.Reply}", key)))["id"]);
        await TestApi.OpenAiErrorAsync(await api.GetAsync($"/v1/models/{TestTasks.Flights}", key), HttpStatusCode.NotFound, "model_not_found", "model");
        Assert.Equal("authentication_error", (string?)(await TestApi.OpenAiErrorAsync(await api.GetAsync("/v1/models"), HttpStatusCode.Unauthorized, "key_missing", null))["type"]);
    }

    private static string Body(string task, string text, string more = "") => $$"""{"model":"{{task}}","messages":[{"role":"user","content":"{{text}}"}]{{more}}}""";

    private static List<string> Contents(JsonNode body) => [.. body["choices"]!.AsArray().Select(choice => (string)choice!["message"]!["content"]!)];

    private static async Task<List<string>> EventsAsync(HttpResponseMessage response) =>
        [.. (await response.Content.ReadAsStringAsync(Cancellation)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(line => line["data: ".Length..])];

    private Task<HttpResponseMessage> ChatAsync(IssuedKey key, string json) => api.PostAsync(key, "/v1/chat/completions", json);
}
