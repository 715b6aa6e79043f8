using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Cli.Terminal;

namespace Platform.Cli.Serving;

/// <summary>The inference API over HTTP, as applications see it.</summary>
internal sealed class ApiClient : IDisposable
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
    };

    private readonly HttpClient http;

    public ApiClient(Uri api, string? key)
    {
        http = new HttpClient { BaseAddress = api, Timeout = TimeSpan.FromMinutes(2) };
        if (key is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public async Task<PredictResponse> PredictAsync(string task, PredictRequest request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(() => http.PostAsJsonAsync($"/v1/tasks/{Uri.EscapeDataString(task)}/predict", request, Json, cancellationToken));
        if (!response.IsSuccessStatusCode)
            throw await FailureAsync(response, cancellationToken);
        return await response.Content.ReadFromJsonAsync<PredictResponse>(Json, cancellationToken)
            ?? throw new CommandFailure($"{http.BaseAddress}: the answer is empty.");
    }

    /// <summary>Whether the API serves a model.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(() => http.GetAsync(new Uri("/readyz", UriKind.Relative), cancellationToken));
        return response.IsSuccessStatusCode;
    }

    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(Func<Task<HttpResponseMessage>> send)
    {
        try
        {
            return await send();
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConnectionError)
        {
            throw new CommandFailure($"No API answers at {http.BaseAddress}. Start the platform by ./run, or name the right address by --url.");
        }
    }

    /// <summary>The API's own words: problem details say what is wrong and what to do.</summary>
    private static async Task<CommandFailure> FailureAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            using var problem = JsonDocument.Parse(body);
            var root = problem.RootElement;
            var text = Field(root, "detail") ?? Field(root, "title");
            if (text is not null)
                return new CommandFailure($"{text} ({(int)response.StatusCode}, code {Field(root, "code") ?? "-"}, trace {Field(root, "traceId") ?? Field(root, "trace_id") ?? "-"})");
        }
        catch (JsonException)
        {
            // Not from our API: a proxy in between, or another server. The status still says something.
        }

        return new CommandFailure(response.StatusCode == HttpStatusCode.Unauthorized
            ? "The API refused the key (401)."
            : $"The API answered {(int)response.StatusCode} {response.ReasonPhrase}.");
    }

    private static string? Field(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
