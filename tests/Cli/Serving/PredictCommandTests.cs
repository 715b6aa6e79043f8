namespace Platform.Cli.Tests.Serving;

public sealed class PredictCommandTests
{
    [Fact]
    public async Task Predict_Pair_SendsBothTextsAndShowsTheAnswer()
    {
        await using var api = await FakeApi.StartAsync();

        var json = (await CommandRun.OfAsync("predict", "match", "--text", "a pool?", "--text2", " yes", "--key", FakeApi.Key, "--url", api.Url, "--json")).Expect(0).Json;

        Assert.Equal("A POOL? yes", json.GetProperty("predictions")[0].GetProperty("output").GetString());
        Assert.Equal(3, json.GetProperty("model_version").GetInt32());
    }

    [Fact]
    public async Task Predict_File_AsksInPartsAndAddsUpTheUsage()
    {
        using var folder = new TestFolder();
        await using var api = await FakeApi.StartAsync();
        var file = folder.Write("inputs.jsonl", TinyBundle.Rows("test", 39) + "{\"id\":\"plain\",\"text\":\"just text\"}\n");

        var json = (await CommandRun.OfAsync("predict", "mood", "--file", file, "--key", FakeApi.Key, "--url", api.Url, "--json")).Expect(0).Json;

        Assert.Equal([32, 8], api.InputsPerRequest);
        Assert.Equal(40, json.GetProperty("predictions").GetArrayLength());
        Assert.Equal("JUST TEXT", json.GetProperty("predictions")[39].GetProperty("output").GetString());
        Assert.Equal(400, json.GetProperty("usage").GetProperty("prompt_tokens").GetInt64());
        Assert.Equal(0.000001666m, json.GetProperty("usage").GetProperty("cost").GetProperty("amount").GetDecimal());
    }

    [Fact]
    public async Task Predict_WrongKey_ShowsTheApisOwnWords()
    {
        await using var api = await FakeApi.StartAsync();

        var run = (await CommandRun.OfAsync("predict", "mood", "--text", "a", "--key", "sk-wrong", "--url", api.Url)).Expect(1);

        Assert.Contains("There is no such API key. (401, code key_unknown, trace t-1)", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Predict_NobodyListens_SaysHowToStartIt() => Assert.Contains(
        "./run", (await CommandRun.OfAsync("predict", "mood", "--text", "a", "--key", "sk-x", "--url", $"http://127.0.0.1:{FreePort.Next()}")).Expect(1).Error, StringComparison.Ordinal);

    [Fact]
    public async Task Predict_MalformedInputLine_NamesFileAndLine()
    {
        using var folder = new TestFolder();
        await using var api = await FakeApi.StartAsync();
        var file = folder.Write("inputs.jsonl", "{\"text\":\"a\"}\n{\"txt\":\"b\"}\n");

        var run = (await CommandRun.OfAsync("predict", "mood", "--file", file, "--key", FakeApi.Key, "--url", api.Url)).Expect(1);

        Assert.Contains("inputs.jsonl, line 2", run.Error, StringComparison.Ordinal);
    }
}
