namespace Platform.Portal.Setup;

/// <summary>Where the other hosts are, as the user's browser sees them.</summary>
public sealed record PortalOptions
{
    public const string Section = "Portal";

    /// <summary>Base address of the inference API in the pages' examples. Empty: this host's name with port 5081.</summary>
    public Uri? ApiUrl { get; init; }

    /// <summary>Address of the Hangfire dashboard. Empty: this host's name with port 5082 and the path /hangfire.</summary>
    public Uri? HangfireUrl { get; init; }

    /// <summary>
    /// Reverse proxies, as addresses or networks (<c>10.0.0.0/8</c>), whose X-Forwarded-For and X-Forwarded-Proto are believed. From everybody
    /// else these headers mean nothing.
    /// </summary>
    public IReadOnlyList<string> KnownProxies { get; init; } = [];

    public OpenIdConnectSettings OpenIdConnect { get; init; } = new();

    public Uri ApiAddress(string portalAddress) => ApiUrl ?? Beside(portalAddress, 5081, "");

    public Uri HangfireAddress(string portalAddress) => HangfireUrl ?? Beside(portalAddress, 5082, "hangfire");

    private static Uri Beside(string address, int port, string path) => new UriBuilder(address) { Port = port, Path = path, Query = "", Fragment = "" }.Uri;
}
