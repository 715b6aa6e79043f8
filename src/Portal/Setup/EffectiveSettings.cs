using System.Globalization;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Options;
using Platform.Domain.Setup;

namespace Platform.Portal.Setup;

/// <param name="Name">As an environment variable has it.</param>
/// <param name="Value">What is in force; of a secret only whether there is one.</param>
/// <param name="Source">Where it was set, in words.</param>
public sealed record EffectiveSetting(string Name, string Meaning, string Value, string Source);

/// <summary>What can only be set by configuration, as this host sees it. Secrets never leave it.</summary>
public sealed class EffectiveSettings(IConfiguration configuration, IOptions<DatabaseOptions> database, IOptions<PlatformOptions> platform, IOptions<PortalOptions> portal)
{
    private const string Hidden = "set (not shown)";
    private const string Absent = "not set";

    public IReadOnlyList<EffectiveSetting> List()
    {
        var provider = portal.Value.OpenIdConnect;
        return
        [
            Of("Database:Provider", "Where the records are kept", database.Value.Provider),
            Of("Database:ConnectionString", "How the database is reached", Secret(database.Value.ConnectionString)),
            Of("Platform:DataPath", "Folder of artifacts, keys and, with SQLite, the database", platform.Value.DataFolder),
            Of("Platform:BaseModelPath", "The embedded base model", platform.Value.BaseModelFolder),
            Of("Platform:MaxLineBytes", "Longest line of an upload (bytes)", Number(platform.Value.MaxLineBytes)),
            Of("Platform:MaxRows", "Most rows of one split", Number(platform.Value.MaxRows)),
            Of("Platform:MaxFileBytes", "Largest uploaded file (bytes)", Number(platform.Value.MaxFileBytes)),
            Of("Portal:ApiUrl", "Address of the inference API in examples", portal.Value.ApiUrl?.ToString() ?? "this host, port 5081"),
            Of("Portal:HangfireUrl", "Address of the Hangfire dashboard", portal.Value.HangfireUrl?.ToString() ?? "this host, port 5082"),
            Of("Portal:OpenIdConnect:Authority", "Sign-in by OpenID Connect: the provider", provider.Authority?.ToString() ?? "off"),
            Of("Portal:OpenIdConnect:ClientId", "Sign-in by OpenID Connect: the portal's name there", string.IsNullOrEmpty(provider.ClientId) ? Absent : provider.ClientId),
            Of("Portal:OpenIdConnect:ClientSecret", "Sign-in by OpenID Connect: the portal's secret there", Secret(provider.ClientSecret)),
            Of("Portal:OpenIdConnect:Name", "Sign-in by OpenID Connect: what the sign-in page calls it", provider.Name),
        ];
    }

    private EffectiveSetting Of(string key, string meaning, string value) => new(key.Replace(":", "__", StringComparison.Ordinal), meaning, value, SourceOf(key));

    private string SourceOf(string key)
    {
        var source = (configuration as IConfigurationRoot)?.Providers.LastOrDefault(one => one.TryGet(key, out var value) && value is not null);
        return source switch
        {
            null => "default",
            EnvironmentVariablesConfigurationProvider => "environment variable",
            CommandLineConfigurationProvider => "command line",
            JsonConfigurationProvider { Source.Path: { } path } => path,
            _ => "other configuration",
        };
    }

    private static string Secret(string? value) => string.IsNullOrEmpty(value) ? Absent : Hidden;

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
