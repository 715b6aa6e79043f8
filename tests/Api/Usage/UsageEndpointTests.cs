using System.Net;
using System.Text.Json.Nodes;
using Platform.Domain.Keys;
using Platform.Domain.Rates;
using Platform.Domain.Users;

namespace Platform.Api.Tests.Usage;

public sealed class UsageEndpointTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetUsage_SomeTraffic_AddsUpInEveryGroupingAndAgreesWithTheAnswers()
    {
        await using var api = await TestApi.StartServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        List<JsonNode> answers = [];
        foreach (var task in new[] { TestTasks.Sentiment, TestTasks.Sentiment, TestTasks.Reply })
            answers.Add((await TestApi.BodyAsync(await api.PredictAsync(key, task, """{"inputs":[{"text":"a room"},{"text":"clean"}]}""")))["usage"]!);
        var foreign = await api.World.IssueKeyAsync(api.World.Flights);
        await TestApi.BodyAsync(await api.PredictAsync(foreign, TestTasks.Flights, """{"inputs":[{"text":"cancel"}]}"""));

        var byTask = await GroupsAsync(api, key, "task");
        var byDay = await GroupsAsync(api, key, "day");
        var byTeam = await GroupsAsync(api, key, "team");
        var byKey = await GroupsAsync(api, key, "key");

        Assert.Equal([(TestTasks.Reply, 1), (TestTasks.Sentiment, 2)], byTask.Select(group => ((string)group["group"]!, (int)group["requests"]!)));
        Assert.Equal("hotels", (string?)byTeam.Single()["group"]);
        Assert.StartsWith("test app (sk-", (string?)byKey.Single()["group"], StringComparison.Ordinal);
        foreach (var groups in new[] { byTask, byDay, byTeam, byKey })
        {
            Assert.Equal(3, groups.Sum(group => (int)group["requests"]!));
            Assert.Equal(6, groups.Sum(group => (int)group["inputs"]!));
            Assert.Equal(answers.Sum(usage => (long)usage["prompt_tokens"]!), groups.Sum(group => (long)group["prompt_tokens"]!));
            Assert.Equal(answers.Sum(usage => (decimal)usage["device_ms"]!), groups.Sum(group => (decimal)group["device_ms"]!));
            Assert.Equal(answers.Sum(usage => (decimal)usage["cost"]!["amount"]!), groups.Sum(group => (decimal)group["cost"]!["amount"]!));
        }
    }

    [Fact]
    public async Task GetUsage_Csv_HasOneRowPerGroupAndNoLiveFormula()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var issued = (await api.World.Get<ApiKeys>().IssueAsync(Actor.System("admin"),
            new KeyRequest("=HYPERLINK(\"x\"),1", api.World.Hotels.Id, [api.World.TaskId(TestTasks.Sentiment)], null), Cancellation)).Value;
        await TestApi.BodyAsync(await api.PredictAsync(issued, TestTasks.Sentiment, """{"inputs":[{"text":"a room"}]}"""));

        var response = await api.GetAsync("/v1/usage?group_by=key&format=csv", issued);

        Assert.Equal("text/csv", response.Content.Headers.ContentType?.MediaType);
        var lines = (await response.Content.ReadAsStringAsync(Cancellation)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("group,requests,errors,inputs,prompt_tokens,cached_tokens,completion_tokens,device_ms,cost_amount,cost_currency,adjustment_amount", lines[0]);
        Assert.StartsWith($"\"'=HYPERLINK(\"\"x\"\"),1 ({issued.Key.Prefix}...)\",1,0,1,2,0,1,", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(",USD,0", lines[1], StringComparison.Ordinal);
        Assert.Equal(2, lines.Length);
    }

    [Fact]
    public async Task Predict_AfterANewRate_CostsTheNewRate()
    {
        await using var api = await TestApi.StartServingAsync(new FakeLoader(_ => new FakeModel()));
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        Assert.True((await api.World.Get<RateBook>().SetAsync(Actor.System("admin"), DateTimeOffset.UtcNow, 7.2m, "EUR", Cancellation)).IsSuccess);

        var usage = (await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"a room"}]}""")))["usage"]!;

        // 7.20 an hour is 2 nano units a microsecond.
        Assert.Equal("EUR", (string?)usage["cost"]!["currency"]);
        Assert.Equal((decimal)usage["device_ms"]! * 1000m * 2m, (decimal)usage["cost"]!["amount"]! * 1_000_000_000m);
    }

    [Theory]
    [InlineData("from=yesterday", "usage_time_invalid", "from")]
    [InlineData("to=2026-13-01", "usage_time_invalid", "to")]
    [InlineData("from=2026-03-02&to=2026-03-01", "usage_range_empty", "from")]
    [InlineData("from=2026-03-01&to=2026-03-01", "usage_range_empty", "from")]
    [InlineData("group_by=tasks", "usage_choice_invalid", "group_by")]
    [InlineData("format=xml", "usage_choice_invalid", "format")]
    public async Task GetUsage_WrongParameter_NamesIt(string query, string code, string field)
    {
        await using var api = await TestApi.StartAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var problem = await TestApi.ProblemAsync(await api.GetAsync($"/v1/usage?{query}", key), HttpStatusCode.BadRequest, code);

        Assert.Equal(field, (string?)problem["errors"]![0]!["field"]);
    }

    private static async Task<List<JsonNode>> GroupsAsync(TestApi api, IssuedKey key, string grouping)
    {
        var body = await TestApi.BodyAsync(await api.GetAsync($"/v1/usage?group_by={grouping}", key));
        Assert.Equal(("list", grouping), ((string?)body["object"], (string?)body["group_by"]));
        return [.. body["data"]!.AsArray().Select(group => group!)];
    }
}
