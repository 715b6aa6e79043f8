using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;

namespace Platform.Domain.Setup;

/// <summary>Whom to believe about where a request came from.</summary>
public static class KnownProxies
{
    /// <summary>
    /// Takes the caller's address and scheme from X-Forwarded-For and X-Forwarded-Proto, but only as far as these proxies have written them.
    /// Without any, the headers mean nothing: anybody can send them, and an address is what slows down who tries keys and codes.
    /// </summary>
    /// <param name="app">The host; before whatever looks at addresses.</param>
    /// <param name="proxies">Addresses, or networks such as 10.0.0.0/8, that <see cref="ProblemsOf"/> has nothing to say about.</param>
    public static void UseKnownProxies(this IApplicationBuilder app, IReadOnlyList<string> proxies)
    {
        if (proxies.Count == 0)
            return;
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
            forwarded.KnownIPNetworks.Add(Parse(proxy)!.Value);
        app.UseForwardedHeaders(forwarded);
    }

    /// <param name="section">The host's settings.</param>
    /// <param name="proxies">As they were set.</param>
    public static IEnumerable<string> ProblemsOf(string section, IReadOnlyList<string> proxies) =>
        from proxy in proxies.Index()
        where Parse(proxy.Item) is null
        select $"{section}:KnownProxies:{proxy.Index} is '{proxy.Item}'; it must be an address such as 10.1.2.3 or a network such as 10.0.0.0/8. Mend the setting {section}__KnownProxies__{proxy.Index}.";

    /// <returns>A network; of one address when it is one. Null when it is neither.</returns>
    private static System.Net.IPNetwork? Parse(string? proxy)
    {
        if (IPAddress.TryParse(proxy, out var address))
            return new System.Net.IPNetwork(address, address.GetAddressBytes().Length * 8);
        return System.Net.IPNetwork.TryParse(proxy, out var network) ? network : null;
    }
}
