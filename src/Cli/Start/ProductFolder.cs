using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Setup;

namespace Platform.Cli.Start;

/// <summary>Where the clone and its built hosts lie.</summary>
internal static class ProductFolder
{
    private const string Solution = "Platform.sln";

    public static string Root
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, Solution)))
                    return folder.FullName;
            throw new CommandFailure($"No folder above '{AppContext.BaseDirectory}' holds {Solution}. Run this from a clone, by ./run.");
        }
    }

    /// <summary>A host's program, built as this one was (src/Cli/bin/Release/net10.0 has src/Portal/bin/Release/net10.0 beside it).</summary>
    public static string Program(string host)
    {
        var build = Path.GetRelativePath(Path.Combine(Root, "src", "Cli"), AppContext.BaseDirectory);
        var configuration = build.StartsWith("bin", StringComparison.Ordinal) ? build : Path.Combine("bin", "Release", "net10.0");
        var path = Path.GetFullPath(Path.Combine(Root, "src", host, configuration, $"Platform.{host}.dll"));
        return File.Exists(path) ? path : throw new CommandFailure($"'{path}' is missing: {host} was not built. Start by ./run, which builds it.");
    }

    public static string Data(ParseResult parsed)
    {
        var options = PlatformSession.Settings(parsed.GetValue(CommonOptions.Data)).GetSection(PlatformOptions.Section).Get<PlatformOptions>() ?? new PlatformOptions();
        return options.DataFolder;
    }
}
