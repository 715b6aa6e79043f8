using System.CommandLine;
using Platform.Cli.Serving;

namespace Platform.Cli.Start;

/// <summary>The ports of the three hosts, where somebody wants others than 5080 to 5082.</summary>
internal sealed class PortOptions
{
    private readonly Option<int> portal = Port("--portal-port", "Portal", PlatformUrls.Default.Portal);
    private readonly Option<int> api = Port("--api-port", "Api", PlatformUrls.Default.Api);
    private readonly Option<int> jobs = Port("--jobs-port", "Jobs", PlatformUrls.Default.Jobs);

    public void AddTo(Command command)
    {
        command.Options.Add(portal);
        command.Options.Add(api);
        command.Options.Add(jobs);
    }

    public PlatformUrls Read(ParseResult parsed) =>
        new(PlatformUrls.Local(parsed.GetValue(portal)), PlatformUrls.Local(parsed.GetValue(api)), PlatformUrls.Local(parsed.GetValue(jobs)));

    private static Option<int> Port(string name, string host, Uri standard)
    {
        var option = new Option<int>(name) { Description = $"The port of {host}", HelpName = "PORT", DefaultValueFactory = _ => standard.Port };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 65_535)
                result.AddError($"{name} must be a port between 1 and 65535.");
        });
        return option;
    }
}
