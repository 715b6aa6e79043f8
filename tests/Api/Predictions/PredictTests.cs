using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Keys;
using Platform.Domain.Rates;
using Platform.Domain.Usage;

namespace Platform.Api.Tests.Predictions;

public sealed class PredictTests(ServingFixture fixture)
{
    private readonly TestApi api = fixture.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Predict_Classification_AnswersEveryInputInOrderWithItsIdAndLabels()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var body = await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, """
            {"inputs":[{"id":"first","text":"the room was clean"},{"text":"the staff was kind"}],"top_k":2}
            """));

        Assert.Equal(TestTasks.Sentiment, (string?)body["task"]);
        Assert.Equal(1, (int?)body["model_version"]);
        var predictions = body["predictions"]!.AsArray();
        Assert.Equal(2, predictions.Count);
        Assert.Equal("first", (string?)predictions[0]!["id"]);
        Assert.False(predictions[1]!.AsObject().ContainsKey("id"));
        foreach (var prediction in predictions)
        {
            var alternatives = prediction!["alternatives"]!.AsArray();
            Assert.Contains((string?)prediction["output"], TestTasks.Hotels[0].Labels);
            Assert.Equal(2, alternatives.Count);
            Assert.Equal((string?)prediction["output"], (string?)alternatives[0]!["output"]);
            Assert.Equal((double?)prediction["score"], (double?)alternatives[0]!["score"]);
            Assert.True((double?)alternatives[0]!["score"] >= (double?)alternatives[1]!["score"]);
            Assert.Equal("label", (string?)prediction["finish_reason"]);
        }
    }

    [Fact]
    public async Task Predict_TopKAboveTheLabels_ListsAllLabelsAndTheirProbabilitiesAddUpToOne()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var body = await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"clean"}],"top_k":1000}"""));

        var alternatives = body["predictions"]![0]!["alternatives"]!.AsArray();
        Assert.Equal(TestTasks.Hotels[0].Labels.Order(), alternatives.Select(label => (string)label!["output"]!).Order());
        Assert.Equal(1, alternatives.Sum(label => (double)label!["score"]!), 1e-6);
    }

    [Fact]
    public async Task Predict_TwoTexts_UsesBoth()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var body = await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Same, """
            {"inputs":[{"text":"the room was clean","text2":"we want to change"},{"text":"the room was clean","text2":"the staff was kind"}]}
            """));

        var scores = body["predictions"]!.AsArray().Select(prediction => prediction!["alternatives"]!.AsArray().Single(label => (string?)label!["output"] == "yes")!["score"]!.GetValue<double>()).ToList();
        Assert.NotEqual(scores[0], scores[1]);
    }

    [Fact]
    public async Task Predict_Generation_HasNoAlternativesAndCountsItsTokens()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var body = await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Reply, """{"inputs":[{"text":"the room was clean"}]}"""));

        var prediction = body["predictions"]![0]!;
        Assert.Empty(prediction["alternatives"]!.AsArray());
        Assert.Contains((string?)prediction["finish_reason"], new[] { "stop", "length" });
        Assert.InRange((int)body["usage"]!["completion_tokens"]!, 1, 6);
        Assert.InRange((double)prediction["score"]!, 0, 1);
    }

    [Fact]
    public async Task Predict_Answered_WasRecordedWithTheSameUsageAndTheRatesCost()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var response = await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"the room was clean"},{"text":"the staff"}]}""");

        var record = await RecordAsync(response.Headers.GetValues("x-request-id").Single());
        var usage = (await TestApi.BodyAsync(response))["usage"]!;
        Assert.Equal(UsageStatus.Ok, record.Status);
        Assert.Equal((api.World.TaskId(TestTasks.Sentiment), api.World.Hotels.Id, key.Key.Id), (record.TaskId, record.TeamId, record.KeyId));
        Assert.Equal(2, record.Inputs);
        Assert.Equal(((long)usage["prompt_tokens"]!, (long)usage["cached_tokens"]!, (long)usage["completion_tokens"]!), (record.PromptTokens, record.CachedTokens, record.CompletionTokens));
        Assert.True(record.PromptTokens > 0 && record.DeviceMicroseconds > 0);
        Assert.Equal((decimal)usage["device_ms"]!, record.DeviceMicroseconds / 1000m);
        Assert.True(record.LatencyMicroseconds >= record.DeviceMicroseconds);

        // 2.00 USD an hour, the first rate: exact integer arithmetic, rounded half up to a nano unit.
        var nano = (long)(((Int128)record.DeviceMicroseconds * 2_000_000_000 + 1_800_000_000) / 3_600_000_000);
        Assert.Equal(nano, record.CostNano);
        Assert.Equal(new Money(nano, "USD").Amount, (decimal)usage["cost"]!["amount"]!);
        Assert.Equal("USD", (string?)usage["cost"]!["currency"]);
    }

    [Fact]
    public async Task Predict_MoreInputsThanOneStepTakes_AnswersAllOfThem()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var inputs = Enumerable.Range(0, 100).Select(i => new { id = $"{i}", text = $"the room {i}" }).ToList();

        var body = await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, new { inputs }));

        Assert.Equal(inputs.Select(input => input.id), body["predictions"]!.AsArray().Select(prediction => (string)prediction!["id"]!));
    }

    [Fact]
    public async Task Predict_ManyAtOnce_AnswersAsOneByOneAndEveryAnswerIsRecorded()
    {
        var hotels = await api.World.IssueKeyAsync(api.World.Hotels);
        var flights = await api.World.IssueKeyAsync(api.World.Flights);
        List<(IssuedKey Key, string Task, string Body)> calls = [.. Enumerable.Range(0, 64).Select(i => (i % 4) switch
        {
            0 => (hotels, TestTasks.Sentiment, $$"""{"inputs":[{"text":"the room {{i}} was clean"},{"text":"{{i}}"}]}"""),
            1 => (hotels, TestTasks.Same, $$"""{"inputs":[{"text":"the room {{i}}","text2":"the staff was kind"}]}"""),
            2 => (hotels, TestTasks.Reply, $$"""{"inputs":[{"text":"flight {{i}} to the next day"}]}"""),
            _ => (flights, TestTasks.Flights, $$"""{"inputs":[{"text":"we want to change flight {{i}}"}]}"""),
        })];
        List<JsonNode> alone = [];
        foreach (var (key, task, json) in calls)
            alone.Add((await TestApi.BodyAsync(await api.PredictAsync(key, task, json)))["predictions"]!);

        var responses = await Task.WhenAll(calls.Select(call => api.PredictAsync(call.Key, call.Task, call.Body)));

        foreach (var (response, expected) in responses.Zip(alone))
        {
            // On disk when the response is seen: read through another connection.
            await RecordAsync(response.Headers.GetValues("x-request-id").Single());
            AssertSame(expected.AsArray(), (await TestApi.BodyAsync(response))["predictions"]!.AsArray());
        }
    }

    [Fact]
    public async Task Predict_KeyForAllTasks_MayCallTasksOfEveryTeamAndTheOwnerIsBilled()
    {
        var key = await api.World.IssueKeyForAllAsync(api.World.Hotels);

        var response = await api.PredictAsync(key, TestTasks.Flights, """{"inputs":[{"text":"we want to change flight 7"}]}""");

        Assert.Equal(api.World.Flights.Id, (await RecordAsync(response.Headers.GetValues("x-request-id").Single())).TeamId);
    }

    private async Task<UsageRecord> RecordAsync(string requestId)
    {
        await using var context = api.World.Open();
        return await context.UsageRecords.AsNoTracking().SingleAsync(record => record.RequestId == requestId, Cancellation);
    }

    private static void AssertSame(JsonArray expected, JsonArray actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (left, right) in expected.Zip(actual))
        {
            Assert.Equal((string?)left!["output"], (string?)right!["output"]);
            Assert.Equal((double)left["score"]!, (double)right["score"]!, 1e-4);
        }
    }
}
