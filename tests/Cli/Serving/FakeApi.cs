using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Platform.Cli.Tests.Serving;

/// <summary>An API on a real socket that answers with the text in upper case and remembers what it was asked.</summary>
internal sealed class FakeApi : IAsyncDisposable
{
    public const string Key = "sk-right";
    private readonly WebApplication app;

    private FakeApi(WebApplication app) => this.app = app;

    public List<int> InputsPerRequest { get; } = [];

    public string Url => app.Urls.Single();

    public static async Task<FakeApi> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var api = new FakeApi(builder.Build());
        api.app.MapPost("/v1/tasks/{task}/predict", api.PredictAsync);
        await api.app.StartAsync(TestContext.Current.CancellationToken);
        return api;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task<IResult> PredictAsync(string task, HttpRequest request)
    {
        if (request.Headers.Authorization != $"Bearer {Key}")
            return Results.Json(new { status = 401, title = "Unauthorized", detail = "There is no such API key.", code = "key_unknown", traceId = "t-1" }, statusCode: 401, contentType: "application/problem+json");
        using var body = await System.Text.Json.JsonDocument.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted);
        var inputs = body.RootElement.GetProperty("inputs").EnumerateArray().ToList();
        InputsPerRequest.Add(inputs.Count);
        return Results.Json(new Dictionary<string, object>
        {
            ["task"] = task,
            ["model_version"] = 3,
            ["predictions"] = inputs.Select(input => new Dictionary<string, object?>
            {
                ["id"] = input.TryGetProperty("id", out var id) ? id.GetString() : null,
                ["output"] = input.GetProperty("text").GetString()!.ToUpperInvariant() + (input.TryGetProperty("text2", out var second) ? second.GetString() : ""),
                ["score"] = 0.5,
                ["alternatives"] = Array.Empty<object>(),
                ["finish_reason"] = "label",
            }).ToList(),
            ["usage"] = new Dictionary<string, object>
            {
                ["prompt_tokens"] = 10 * inputs.Count, ["cached_tokens"] = 0, ["completion_tokens"] = inputs.Count, ["device_ms"] = 1.5m,
                ["cost"] = new Dictionary<string, object> { ["amount"] = 0.000000833m, ["currency"] = "USD" },
            },
        });
    }
}
