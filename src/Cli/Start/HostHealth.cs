using Platform.Cli.Serving;

namespace Platform.Cli.Start;

internal sealed record HostAnswer(string Name, Uri Url, bool Answers);

internal static class HostHealth
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public static async Task<IReadOnlyList<HostAnswer>> AllAsync(PlatformUrls urls, CancellationToken cancellationToken) => await Task.WhenAll(
        AskAsync("portal", urls.Portal, cancellationToken), AskAsync("api", urls.Api, cancellationToken), AskAsync("jobs", urls.Jobs, cancellationToken));

    public static async Task<bool> AnswersAsync(Uri host, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = Timeout };
        try
        {
            using var response = await http.GetAsync(new Uri(host, "/healthz"), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Too slow to be called alive.
            return false;
        }
    }

    private static async Task<HostAnswer> AskAsync(string name, Uri url, CancellationToken cancellationToken) => new(name, url, await AnswersAsync(url, cancellationToken));
}
