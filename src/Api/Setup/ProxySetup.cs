using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace Platform.Api.Setup;

/// <summary>Whom to believe about where a request came from.</summary>
internal static class ProxySetup
{
    /// <summary>
    /// Takes the caller's address and scheme from X-Forwarded-For and X-Forwarded-Proto, but only as far as configured proxies have written them.
    /// Without any, the headers mean nothing: anybody can send them, and an address is what slows down who tries keys.
    /// </summary>
    public static void UseKnownProxies(this WebApplication app, ApiOptions options)
    {
        if (options.KnownProxies.Count == 0)
            return;
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in options.KnownProxies)
            forwarded.KnownIPNetworks.Add(Parse(proxy)!.Value);
        app.UseForwardedHeaders(forwarded);
    }

    /// <returns>A network; of one address when it is one. Null when it is neither.</returns>
    public static System.Net.IPNetwork? Parse(string? proxy)
    {
        if (IPAddress.TryParse(proxy, out var address))
            return new System.Net.IPNetwork(address, address.GetAddressBytes().Length * 8);
        return System.Net.IPNetwork.TryParse(proxy, out var network) ? network : null;
    }
}
