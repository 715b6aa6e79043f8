using System.CommandLine;
using Platform.Cli.Serving;
using Platform.Cli.Terminal;

namespace Platform.Cli.Start;

/// <param name="SamplesFolder">Null: no samples.</param>
internal sealed record StartOptions(PlatformUrls Urls, bool Once, string? SamplesFolder, string DataFolder);

/// <summary>What ./run does after the build.</summary>
internal static class StartCommand
{
    public static Command Create()
    {
        var once = new Option<bool>("--once") { Description = "Stop when the samples are trained, deployed and called; the exit code says whether all of it worked" };
        var empty = new Option<bool>("--empty") { Description = "Start without the samples" };
        var samples = new Option<string?>("--samples") { Description = "A folder with workspace.json and recipe.json that an empty database imports and trains; default: samples/", HelpName = "DIR" };
        var ports = new PortOptions();
        var command = new Command("start", "Start Portal, Api and Jobs; an empty database gets an admin and the trained, deployed samples") { once, empty, samples };
        ports.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = parsed.GetValue(empty) ? null : Path.GetFullPath(parsed.GetValue(samples) ?? Path.Combine(ProductFolder.Root, "samples"));
            var options = new StartOptions(ports.Read(parsed), parsed.GetValue(once), folder, ProductFolder.Data(parsed));
            return await new PlatformStart(options, parsed, new Output(parsed)).RunAsync(cancellationToken);
        });
        return command;
    }
}
