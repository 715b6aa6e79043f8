using System.Text.Json.Nodes;

namespace Platform.Api.Tests.Setup;

public sealed class OpenApiTests(ServingFixture fixture)
{
    private readonly TestApi api = fixture.Api;

    [Fact]
    public async Task GetOpenApi_Document_DescribesEveryRouteFieldAndError()
    {
        var document = await TestApi.BodyAsync(await api.GetAsync("/openapi/v1.json", await api.World.IssueKeyAsync(api.World.Hotels)));

        var paths = document["paths"]!.AsObject();
        Assert.Equal(["/healthz", "/readyz", "/v1/batches", "/v1/batches/{id}", "/v1/batches/{id}/cancel", "/v1/chat/completions", "/v1/completions", "/v1/files", "/v1/files/{id}", "/v1/files/{id}/content", "/v1/models", "/v1/models/{id}", "/v1/tasks/{task}/predict", "/v1/usage"], paths.Select(path => path.Key).Order(StringComparer.Ordinal));
        foreach (var (path, item) in paths)
        {
            foreach (var (_, operation) in item!.AsObject())
            {
                Assert.False(string.IsNullOrEmpty((string?)operation!["summary"]));
                Assert.False(string.IsNullOrEmpty((string?)operation["description"]));
                Assert.Equal(path.StartsWith("/v1/", StringComparison.Ordinal), operation["security"] is JsonArray { Count: > 0 });
                foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
                    Assert.False(string.IsNullOrEmpty((string?)parameter!["description"]), $"{path}: {parameter["name"]}");
            }
        }

        var predict = paths["/v1/tasks/{task}/predict"]!["post"]!;
        Assert.Equal(["200", "400", "401", "403", "404", "413", "415", "429", "500", "503", "504"], predict["responses"]!.AsObject().Select(response => response.Key));
        Assert.NotNull(predict["requestBody"]!["content"]!["application/json"]!["example"]!["inputs"]);
        Assert.NotNull(predict["responses"]!["200"]!["content"]!["application/json"]!["example"]!["usage"]!["cost"]);
        var schemas = document["components"]!["schemas"]!;
        Assert.Equal(["inputs", "top_k"], schemas["PredictRequest"]!["properties"]!.AsObject().Select(property => property.Key));
        Assert.Equal(["id", "text", "text2"], schemas["PredictInput"]!["properties"]!.AsObject().Select(property => property.Key));
        Assert.Equal(["inputs"], schemas["PredictRequest"]!["required"]!.AsArray().Select(name => (string)name!));
        Assert.Equal("http", (string?)document["components"]!["securitySchemes"]!["key"]!["type"]);
    }

    [Fact]
    public async Task GetOpenApi_Examples_AreWhatTheApiTakesAndGives()
    {
        var key = await api.World.IssueKeyAsync(api.World.Hotels);
        var predict = (await TestApi.BodyAsync(await api.GetAsync("/openapi/v1.json", key)))["paths"]!["/v1/tasks/{task}/predict"]!["post"]!;

        var answer = await TestApi.BodyAsync(await api.PredictAsync(key, TestTasks.Sentiment, predict["requestBody"]!["content"]!["application/json"]!["example"]!.ToJsonString()));

        Assert.Equal(Shape(predict["responses"]!["200"]!["content"]!["application/json"]!["example"]!), Shape(answer));
    }

    [Fact]
    public async Task GetOpenApi_WithoutAKey_IsRefusedUnlessTheSettingSaysOtherwise()
    {
        await using var open = await TestApi.StartAsync(loader: null, ("Api:PublicOpenApi", "true"));

        await TestApi.ProblemAsync(await api.GetAsync("/openapi/v1.json"), System.Net.HttpStatusCode.Unauthorized, "key_missing");
        Assert.NotNull((await TestApi.BodyAsync(await open.GetAsync("/openapi/v1.json")))["paths"]);
    }

    private static string Shape(JsonNode? node) => node switch
    {
        JsonObject fields => "{" + string.Join(",", fields.Select(field => field.Key + Shape(field.Value))) + "}",
        JsonArray list => "[" + Shape(list[0]) + "]",
        _ => "",
    };
}
