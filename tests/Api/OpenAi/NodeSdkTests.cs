using System.Text.Json.Nodes;

namespace Platform.Api.Tests.OpenAi;

public sealed class NodeSdkTests
{
    [Fact]
    public async Task Client_EverythingItOffersHere_WorksUnmodified()
    {
        var (api, address) = await TestApi.StartListeningAsync();
        await using var _ = api;
        var key = await api.World.IssueKeyAsync(api.World.Hotels);

        var seen = await NodeSdk.RunAsync("check.mjs", address.ToString().TrimEnd('/'), key.Secret);

        var label = seen["label"]!;
        Assert.Contains((string?)label["content"], TestTasks.Hotels[0].Labels);
        Assert.Equal((string?)label["content"], (string?)label["tokens"]);
        Assert.Equal(("stop", TestTasks.Sentiment, 0L), ((string?)label["finish"], (string?)label["model"], (long)label["total"]!));
        Assert.InRange((int)label["top"]!, 2, 3);
        Assert.Equal("chatcmpl-" + ((string)label["requestId"]!)["req_".Length..], (string?)label["id"]);
        Assert.Contains((string?)seen["pair"], TestTasks.Hotels[1].Labels);
        Assert.Equal("""{"count":3,"same":true,"fingerprint":"model-version-1"}""", seen["sampled"]!.ToJsonString());
        Assert.Equal("boolean", (string?)seen["json"]);
        Assert.True((bool)seen["stream"]!["same"]! && (bool)seen["stream"]!["usage"]! && (int)seen["stream"]!["chunks"]! > 3, seen["stream"]!.ToJsonString());
        Assert.True((bool)seen["runner"]!);
        Assert.Equal((2, "text_completion"), ((int)seen["completions"]!["count"]!, (string?)seen["completions"]!["object"]));
        Assert.Equal(TestTasks.Hotels.Select(task => task.Name).Order(), seen["models"]!.AsArray().Select(model => (string)model!).Order());
        Assert.Equal("hotels", (string?)seen["model"]);
        AssertError(seen, "unknown", "NotFoundError", 404, "model_not_found", "model");
        AssertError(seen, "system", "BadRequestError", 400, "role_unsupported", "messages[0]");
        AssertError(seen, "streamed", "BadRequestError", 400, "input_too_long", "inputs[0]");
        AssertError(seen, "key", "AuthenticationError", 401, "key_malformed", null);
        Assert.True((bool)seen["left"]!);
    }

    private static void AssertError(JsonNode seen, string name, string type, int status, string code, string? param)
    {
        var error = seen["errors"]![name]!;
        Assert.Equal((type, status, code, param), ((string?)error["type"], (int)error["status"]!, (string?)error["code"], (string?)error["param"]));
        Assert.StartsWith("req_", (string?)error["requestId"], StringComparison.Ordinal);
    }
}
