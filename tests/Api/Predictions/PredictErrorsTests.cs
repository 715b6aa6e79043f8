using System.Net;
using System.Text;
using System.Text.Json;
using Platform.Api.Serving;

namespace Platform.Api.Tests.Predictions;

public sealed class PredictErrorsTests(ServingFixture fixture)
{
    private readonly TestApi api = fixture.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"inputs":[{"text":"a"}""", "body_not_json", "body")]
    [InlineData("", "body_not_json", "body")]
    [InlineData("""{"inputs":[],"inputs":[{"text":"a"}]}""", "body_not_json", "body")]
    [InlineData("[]", "field_type_wrong", "body")]
    [InlineData("{}", "inputs_missing", "inputs")]
    [InlineData("""{"inputs":null}""", "inputs_missing", "inputs")]
    [InlineData("""{"inputs":[]}""", "inputs_missing", "inputs")]
    [InlineData("""{"inputs":"a"}""", "field_type_wrong", "inputs")]
    [InlineData("""{"inputs":["a"]}""", "field_type_wrong", "inputs[0]")]
    [InlineData("""{"inputs":[{"text":"a"},{"txt":"b"}]}""", "field_unknown", "inputs[1].txt")]
    [InlineData("""{"inputs":[{"text":"a"},{"text":7}]}""", "field_type_wrong", "inputs[1].text")]
    [InlineData("""{"inputs":[{"text":"a"},{"text":" \n"}]}""", "text_missing", "inputs[1].text")]
    [InlineData("""{"inputs":[{"text":"\ud83d"}]}""", "field_type_wrong", "inputs[0].text")]
    [InlineData("""{"inputs":[{"text":"a","id":7}]}""", "field_type_wrong", "inputs[0].id")]
    [InlineData("""{"inputs":[{"text":"a"}],"top_k":"3"}""", "field_type_wrong", "top_k")]
    [InlineData("""{"inputs":[{"text":"a"}],"top_k":-1}""", "top_k_out_of_range", "top_k")]
    [InlineData("""{"inputs":[{"text":"a"}],"top_k":1.5}""", "top_k_out_of_range", "top_k")]
    [InlineData("""{"inputs":[{"text":"a"}],"top_k":1001}""", "top_k_out_of_range", "top_k")]
    [InlineData("""{"inputs":[{"text":"a"}],"topk":1}""", "field_unknown", "topk")]
    public async Task Predict_MalformedBody_NamesTheField(string json, string code, string field)
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var problem = await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Sentiment, json), HttpStatusCode.BadRequest, code);

        Assert.Equal(field, (string?)problem["errors"]![0]!["field"]);
        Assert.Equal(code, (string?)problem["errors"]![0]!["code"]);
    }

    [Fact]
    public async Task Predict_SeveralProblems_ReportsAllOfThem()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var response = await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":""},{"text":"fine"},{"text":null}],"top_k":-5}""");

        var problem = await TestApi.ProblemAsync(response, HttpStatusCode.BadRequest, "text_missing");
        Assert.Equal(["inputs[0].text", "inputs[2].text", "top_k"], problem["errors"]!.AsArray().Select(error => (string?)error!["field"]));
    }

    [Fact]
    public async Task Predict_PairTaskWithoutSecondText_NamesTheField()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var problem = await TestApi.ProblemAsync(
            await api.PredictAsync(key, TestTasks.Same, """{"inputs":[{"text":"a","text2":"b"},{"text":"a"}]}"""), HttpStatusCode.BadRequest, "text2_missing");

        Assert.Equal("inputs[1].text2", (string?)problem["errors"]![0]!["field"]);
        Assert.Contains("pair-classification", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_InputLongerThanTheContext_NamesInputTokensAndLimitAndRecordsNothing()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var response = await api.PredictAsync(key, TestTasks.Sentiment, JsonSerializer.Serialize(new
        {
            inputs = new[] { new { text = "short" }, new { text = string.Concat(Enumerable.Repeat("clean rooms ", 100)) } },
        }));

        var problem = await TestApi.ProblemAsync(response, HttpStatusCode.BadRequest, "input_too_long");
        Assert.Equal("inputs[1]", (string?)problem["errors"]![0]!["field"]);
        Assert.Matches(@"Input 1 makes a prompt of \d{3,} tokens; the limit for this task is \d\d\.", (string?)problem["detail"]);
        await using var context = api.World.Open();
        Assert.DoesNotContain(context.UsageRecords, record => record.KeyId == key.Key.Id);
    }

    [Fact]
    public async Task Predict_InputExactlyAtTheLimit_IsAnswered()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var deployment = api.World.Get<ServingState>().Current!;
        var limit = deployment.Tasks[TestTasks.Sentiment].MaxPromptTokens;
        var text = "a";
        while (deployment.Model.CountPromptTokens(TestTasks.Sentiment, text + " q", null) <= limit)
            text += " q";

        await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, new { inputs = new[] { new { text } } }));
        await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Sentiment, new { inputs = new[] { new { text = text + " q q" } } }), HttpStatusCode.BadRequest, "input_too_long");
    }

    [Fact]
    public async Task Predict_TooManyInputs_NamesCountAndLimit()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var problem = await TestApi.ProblemAsync(
            await api.PredictAsync(key, TestTasks.Sentiment, new { inputs = Enumerable.Repeat(new { text = "a" }, 129) }), HttpStatusCode.BadRequest, "inputs_too_many");

        Assert.Contains("129 inputs; the limit is 128", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_LongTextOrId_IsRefusedBeforeTokenizing()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Sentiment, new { inputs = new[] { new { text = new string('a', 100_001) } } }), HttpStatusCode.BadRequest, "text_too_long");
        await TestApi.ProblemAsync(await api.PredictAsync(key, TestTasks.Sentiment, new { inputs = new[] { new { text = "a", id = new string('a', 129) } } }), HttpStatusCode.BadRequest, "id_too_long");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Predict_BodyAboveTheLimit_Is413WithAndWithoutALength(bool isLengthKnown)
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        using var request = TestApi.Request(HttpMethod.Post, $"/v1/tasks/{TestTasks.Sentiment}/predict", key);
        var bytes = Encoding.UTF8.GetBytes("{\"inputs\":[{\"text\":\"" + new string('a', 4 * 1024 * 1024) + "\"}]}");
        request.Content = isLengthKnown ? new ByteArrayContent(bytes) : new StreamContent(new UnknownLength(bytes));
        request.Content.Headers.ContentType = new("application/json");

        var problem = await TestApi.ProblemAsync(await api.Client.SendAsync(request, Cancellation), HttpStatusCode.RequestEntityTooLarge, "body_too_large");

        Assert.Contains("4194304 bytes", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_NotUtf8_SaysSo()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        using var request = TestApi.Request(HttpMethod.Post, $"/v1/tasks/{TestTasks.Sentiment}/predict", key);
        request.Content = new ByteArrayContent([.. "{\"inputs\":[{\"text\":\""u8, 0xff, 0xfe, .. "\"}]}"u8]);
        request.Content.Headers.ContentType = new("application/json");

        await TestApi.ProblemAsync(await api.Client.SendAsync(request, Cancellation), HttpStatusCode.BadRequest, "body_not_utf8");
    }

    [Fact]
    public async Task Predict_OtherContentType_Is415()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        using var request = TestApi.Request(HttpMethod.Post, $"/v1/tasks/{TestTasks.Sentiment}/predict", key);
        request.Content = new StringContent("inputs=a", Encoding.UTF8, "application/x-www-form-urlencoded");

        await TestApi.ProblemAsync(await api.Client.SendAsync(request, Cancellation), HttpStatusCode.UnsupportedMediaType, "content_type_unsupported");
    }

    [Fact]
    public async Task Request_UnknownRouteOrMethod_SaysWhereTheRoutesAre()
    {
        await TestApi.ProblemAsync(await api.GetAsync("/v2/models"), HttpStatusCode.NotFound, "route_unknown");
        await TestApi.ProblemAsync(await api.GetAsync($"/v1/tasks/{TestTasks.Sentiment}/predict"), HttpStatusCode.MethodNotAllowed, "method_not_allowed");
    }

    [Fact]
    public async Task Predict_ClientAcceptsNoJson_StillGetsTheReason()
    {
        using var request = TestApi.Request(HttpMethod.Get, "/v1/usage");
        request.Headers.Accept.ParseAdd("text/csv");

        await TestApi.ProblemAsync(await api.Client.SendAsync(request, Cancellation), HttpStatusCode.Unauthorized, "key_missing");
    }

    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
