using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Platform.Domain.Setup;
using Platform.Portal.Setup;

namespace Platform.Portal.Tests.Setup;

public sealed class EffectiveSettingsTests
{
    [Fact]
    public void List_SettingsOfEverySource_NamesTheOneInForceAndHidesSecrets()
    {
        const string name = "PLATFORMSETTINGSTEST_Database__ConnectionString";
        Environment.SetEnvironmentVariable(name, "Host=db;Database=platform;Password=very-secret");
        try
        {
            var configuration = new ConfigurationBuilder()
                .AddEnvironmentVariables("PLATFORMSETTINGSTEST_")
                .AddCommandLine(["--Portal:OpenIdConnect:ClientSecret=another-secret", "--Platform:MaxRows=1234567"])
                .Build();
            var settings = new EffectiveSettings(
                configuration,
                Options.Create(configuration.GetSection(DatabaseOptions.Section).Get<DatabaseOptions>()!),
                Options.Create(configuration.GetSection(PlatformOptions.Section).Get<PlatformOptions>()!),
                Options.Create(configuration.GetSection(PortalOptions.Section).Get<PortalOptions>()!)).List().ToDictionary(setting => setting.Name);

            Assert.Equal(("set (not shown)", "environment variable"), Of("Database__ConnectionString"));
            Assert.Equal(("set (not shown)", "command line"), Of("Portal__OpenIdConnect__ClientSecret"));
            Assert.Equal(("1,234,567", "command line"), Of("Platform__MaxRows"));
            Assert.Equal(("Sqlite", "default"), Of("Database__Provider"));
            Assert.DoesNotContain(settings.Values, setting => setting.ToString().Contains("secret", StringComparison.Ordinal) && setting.Value.Contains("-secret", StringComparison.Ordinal));

            (string Value, string Source) Of(string key) => (settings[key].Value, settings[key].Source);
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }
}
