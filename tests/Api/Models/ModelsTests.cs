namespace Platform.Api.Tests.Models;

public sealed class ModelsTests(ServingFixture fixture)
{
    private readonly TestApi api = fixture.Api;

    [Fact]
    public async Task GetModels_ScopedKey_ListsOnlyItsTasksInOpenAiShape()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels, null, TestTasks.Reply, TestTasks.Sentiment, TestTasks.Unserved);

        var body = await TestApi.BodyAsync(await api.GetAsync("/v1/models", key));

        Assert.Equal("list", (string?)body["object"]);
        Assert.Equal([TestTasks.Reply, TestTasks.Sentiment], body["data"]!.AsArray().Select(task => (string)task!["id"]!));
        var sentiment = body["data"]![1]!;
        Assert.Equal(("model", "hotels", "classification", 1), ((string?)sentiment["object"], (string?)sentiment["owned_by"], (string?)sentiment["kind"], (int)sentiment["model_version"]!));
        Assert.Equal(["good", "bad", "mixed"], sentiment["labels"]!.AsArray().Select(label => (string)label!));
        Assert.InRange((long)sentiment["created"]!, DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeSeconds(), DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        Assert.InRange((int)sentiment["max_prompt_tokens"]!, 1, TinyModel.ContextTokens);
    }

    [Fact]
    public async Task GetModels_KeyForAllTasks_ListsAllThatAreServed()
    {
        var key = await api.World.IssueKeyForAllAsync(api.World.Flights);

        var body = await TestApi.BodyAsync(await api.GetAsync("/v1/models", key));

        Assert.Equal(TestTasks.Served.Select(task => task.Name).Order(StringComparer.Ordinal), body["data"]!.AsArray().Select(task => (string)task!["id"]!));
    }
}
