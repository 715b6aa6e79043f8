using System.Text.Json.Nodes;
using Platform.Domain.Keys;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Api.Tests.Predictions;

/// <summary>The tiny model's three labels are all far below 0.99.</summary>
public sealed class AbstainTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Predict_BestLabelBelowTheOwnersThreshold_AbstainsOnEveryRouteUntilItIsLowered()
    {
        await using var api = await TestApi.StartServingAsync();
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        await SetAsync(api, 0.99);
        await api.WaitAsync(async () => (bool)(await PredictAsync(api, key))["abstained"]!, "the threshold to act");

        var prediction = await PredictAsync(api, key);
        var chat = await TestApi.BodyAsync(await api.PostAsync(key, "/v1/chat/completions", Chat("")));
        var streamed = await (await api.PostAsync(key, "/v1/chat/completions", Chat(""","stream":true"""))).Content.ReadAsStringAsync(Cancellation);
        var text = await TestApi.BodyAsync(await api.PostAsync(key, "/v1/completions", $$"""{"model":"{{TestTasks.Sentiment}}","prompt":"clean"}"""));
        await SetAsync(api, 0.01);
        await api.WaitAsync(async () => !(bool)(await PredictAsync(api, key))["abstained"]!, "the lower threshold to act");
        var answered = await PredictAsync(api, key);

        Assert.True(prediction.AsObject().ContainsKey("output") && prediction["output"] is null);
        Assert.Equal(3, prediction["alternatives"]!.AsArray().Count);
        Assert.Equal((double)prediction["alternatives"]![0]!["score"]!, (double)prediction["score"]!);
        var message = chat["choices"]![0]!["message"]!;
        Assert.Null(message["content"]);
        Assert.Contains("at least 0.99", (string?)message["refusal"], StringComparison.Ordinal);
        Assert.Contains("at least 0.99", streamed, StringComparison.Ordinal);
        Assert.DoesNotContain(TestTasks.Hotels[0].Labels, label => streamed.Contains($"\"{label}\"", StringComparison.Ordinal));
        Assert.Equal(("", "stop"), ((string?)text["choices"]![0]!["text"], (string?)text["choices"]![0]!["finish_reason"]));
        Assert.Contains("at least 0.99", (string?)text["choices"]![0]!["refusal"], StringComparison.Ordinal);
        Assert.Contains((string?)answered["output"], TestTasks.Hotels[0].Labels);
    }

    private static string Chat(string more) => $$"""{"model":"{{TestTasks.Sentiment}}","messages":[{"role":"user","content":"clean"}]{{more}}}""";

    private static async Task SetAsync(TestApi api, double? threshold)
    {
        var edited = await api.World.Get<TaskCatalog>().EditAsync(
            Actor.System("owner"), api.World.TaskId(TestTasks.Sentiment), TestTasks.Draft(TestTasks.Hotels[0]) with { AbstainBelow = threshold }, Cancellation);
        Assert.True(edited.IsSuccess);
    }

    private static async Task<JsonNode> PredictAsync(TestApi api, IssuedKey key) =>
        (await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, """{"inputs":[{"text":"clean"}]}""")))["predictions"]![0]!;
}
