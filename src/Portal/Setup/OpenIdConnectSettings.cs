using Microsoft.Extensions.Options;
using Platform.Domain.Setup;

namespace Platform.Portal.Setup;

/// <summary>Sign-in by the company's own accounts; off until an authority is named.</summary>
public sealed record OpenIdConnectSettings
{
    public const string Section = "Portal:OpenIdConnect";

    /// <summary>Base address of the provider, which has /.well-known/openid-configuration below it. Empty: off.</summary>
    public Uri? Authority { get; init; }

    public string? ClientId { get; init; }

    /// <summary>Never shown. Some providers give none to clients that use PKCE.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>What the sign-in page calls it.</summary>
    public string Name { get; init; } = "your company account";

    public bool IsOn => Authority is not null;
}

internal sealed class ValidatePortalOptions : IValidateOptions<PortalOptions>
{
    public ValidateOptionsResult Validate(string? name, PortalOptions options)
    {
        List<string> problems = [.. KnownProxies.ProblemsOf(PortalOptions.Section, options.KnownProxies)];
        var provider = options.OpenIdConnect;
        if (provider.Authority is { } authority)
        {
            // Over plain HTTP anybody on the way could sign in as anybody.
            if (!authority.IsAbsoluteUri || authority.Scheme != Uri.UriSchemeHttps && !(authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback))
                problems.Add("Portal:OpenIdConnect:Authority must be an address that begins with https:// (http:// only on this machine). Mend the setting Portal__OpenIdConnect__Authority.");
            if (string.IsNullOrWhiteSpace(provider.ClientId))
                problems.Add("Portal:OpenIdConnect:ClientId is empty; the provider gave you one for the portal. Set Portal__OpenIdConnect__ClientId.");
        }
        else if (!string.IsNullOrWhiteSpace(provider.ClientId) || !string.IsNullOrWhiteSpace(provider.ClientSecret))
        {
            problems.Add("Portal:OpenIdConnect has a client but no Authority, so nobody can use it. Set Portal__OpenIdConnect__Authority, or remove the other settings.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
