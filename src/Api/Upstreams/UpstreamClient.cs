using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Platform.Domain.Upstreams;

namespace Platform.Api.Upstreams;

/// <summary>HTTP with one engine outside: at most so many requests at a time, limits on time and size, and every fault as an <see cref="UpstreamException"/>.</summary>
internal sealed class UpstreamClient : IDisposable
{
    private const int MostErrorCharacters = 300;
    private const int MostErrorBytes = 16 * 1024;
    private const long MostAnswerBytes = 64L * 1024 * 1024;

    private static readonly JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly UpstreamOptions options;
    private readonly HttpClient http;
    private readonly SemaphoreSlim places;

    /// <param name="name">Of the engine, for messages.</param>
    public UpstreamClient(string name, UpstreamOptions options)
    {
        this.options = options;
        Name = name;
        places = new SemaphoreSlim(options.MaxConcurrency);
        http = new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2), // engines close idle connections after five, just when the next request comes
            AllowAutoRedirect = false, // the key is for this address only
            UseCookies = false,
        })
        {
            BaseAddress = new Uri(options.Address.TrimEnd('/') + "/"),
            Timeout = Timeout.InfiniteTimeSpan, // see WithLimitAsync
            MaxResponseContentBufferSize = MostAnswerBytes,
        };
        if (options.Key.Length > 0)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", options.Key);
    }

    public string Name { get; }

    /// <summary>Asks and waits for the whole answer.</summary>
    /// <param name="path">Relative to the address.</param>
    /// <exception cref="UpstreamException">It is away, refuses, or answers with something else than JSON.</exception>
    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) =>
        await ReadAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    /// <inheritdoc cref="GetAsync"/>
    public async Task<JsonElement> PostAsync(string path, object body, CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken);
        try
        {
            return await ReadAsync(Request(path, body), cancellationToken);
        }
        finally
        {
            places.Release();
        }
    }

    /// <summary>Asks, and gives each event of the answer as it comes, without the one that ends it.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async IAsyncEnumerable<JsonElement> StreamAsync(string path, object body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var request = Request(path, body);
            request.Headers.ConnectionClose = true; // llama.cpp's server closes it behind a stream, just when the next request would be sent on it
            using var response = await WithLimitAsync(() => SendAsync(request, limit.Token), limit, cancellationToken);
            await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
            var events = SseParser.Create(stream).EnumerateAsync(limit.Token).GetAsyncEnumerator(limit.Token);
            await using var end = events.ConfigureAwait(false);
            while (await WithLimitAsync(() => events.MoveNextAsync().AsTask(), limit, cancellationToken))
                if (events.Current.Data.Trim() is var data && data != "[DONE]" && data.Length > 0)
                    yield return Parse(data);
        }
        finally
        {
            places.Release();
        }
    }

    /// <summary>The answer does not have what it should; nothing that is tried again would change that.</summary>
    public UpstreamException Malformed(string what) => new($"The engine '{Name}' answered without {what}. Is Upstreams__{Name}__Kind right, and is its version new enough?", isPassing: false);

    public void Dispose()
    {
        http.Dispose();
        places.Dispose();
    }

    private static HttpRequestMessage Request(string path, object body) =>
        new(HttpMethod.Post, path) { Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, Json)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } };

    private async Task<JsonElement> ReadAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        return Parse(await WithLimitAsync(async () =>
        {
            using var response = await SendAsync(request, limit.Token);
            await response.Content.LoadIntoBufferAsync(MostAnswerBytes, limit.Token);
            return await response.Content.ReadAsStringAsync(limit.Token);
        }, limit, cancellationToken));
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await RefusedAsync(response, cancellationToken);
    }

    private async Task<UpstreamException> RefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var start = new byte[MostErrorBytes];
        var text = System.Text.Encoding.UTF8.GetString(start, 0, await stream.ReadAtLeastAsync(start, MostErrorBytes, throwOnEndOfStream: false, cancellationToken)).Trim();
        var said = text.Length > MostErrorCharacters ? text[..MostErrorCharacters] + "..." : text;
        var isPassing = (int)response.StatusCode >= 500 || response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout;
        var hint = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $" Mend the setting Upstreams__{Name}__Key.",
            HttpStatusCode.NotFound => $" Mend Upstreams__{Name}__Kind, __Address or __Model.",
            _ => "",
        };
        return new UpstreamException($"The engine '{Name}' answered {(int)response.StatusCode}{(said.Length == 0 ? "" : $" ({said})")}.{hint}", isPassing)
        {
            RetryAfter = response.Headers.RetryAfter?.Delta,
        };
    }

    private JsonElement Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement.Clone();
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object or JsonValueKind.String)
                throw new UpstreamException($"The engine '{Name}' failed ({error.GetRawText() switch { { Length: > MostErrorCharacters } large => large[..MostErrorCharacters] + "...", var small => small }}).", isPassing: true);
            return root;
        }
        catch (JsonException exception)
        {
            throw new UpstreamException($"The engine '{Name}' answered with something that is not JSON.", isPassing: false, exception);
        }
    }

    /// <summary>Silence for longer than the limit is a fault of the engine, however long the whole takes.</summary>
    private async Task<T> WithLimitAsync<T>(Func<Task<T>> wait, CancellationTokenSource limit, CancellationToken cancellationToken)
    {
        limit.CancelAfter(TimeSpan.FromSeconds(options.TimeoutSeconds));
        try
        {
            var result = await wait();
            limit.CancelAfter(Timeout.InfiniteTimeSpan);
            return result;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UpstreamException($"The engine '{Name}' was silent for {options.TimeoutSeconds} s.", isPassing: true, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new UpstreamException($"The engine '{Name}' at {http.BaseAddress!.Authority} does not answer: {exception.Message.TrimEnd('.')}.", isPassing: true, exception);
        }
    }
}
