using System.CommandLine;
using Platform.Cli.Terminal;

namespace Platform.Cli.Serving;

/// <summary>Where the three hosts listen.</summary>
internal sealed record PlatformUrls(Uri Portal, Uri Api, Uri Jobs)
{
    public static PlatformUrls Default { get; } = new(Local(5080), Local(5081), Local(5082));

    /// <summary>The API of --url, PLATFORM_API_URL or ./run.</summary>
    public static Uri ApiOf(string? option) => Parse(option ?? Environment.GetEnvironmentVariable("PLATFORM_API_URL"), Default.Api);

    public static Uri Local(int port) => new($"http://127.0.0.1:{port}");

    public static Option<string?> ApiOption() => new("--url") { Description = "The API's address; default: PLATFORM_API_URL, else http://127.0.0.1:5081", HelpName = "URL" };

    private static Uri Parse(string? text, Uri otherwise)
    {
        if (string.IsNullOrWhiteSpace(text))
            return otherwise;
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new CommandFailure($"'{text}' is not the address of an API; write something like http://127.0.0.1:5081.");
    }
}
