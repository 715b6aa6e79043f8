using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Bundles;

namespace Platform.Cli.Bundles;

internal static class ExportCommand
{
    public static Command Create()
    {
        var task = new Argument<string>("TASK") { Description = "The task's name" };
        var folder = new Argument<string>("DIR") { Description = "The bundle's folder; must not exist yet" };
        var number = new Option<int?>("--version-number") { Description = "Which dataset version; default: the newest", HelpName = "N" };
        var command = new Command("export", "Write a task and its data as a bundle that imports again to the same content") { task, folder, number, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var target = Path.GetFullPath(parsed.GetRequiredValue(folder));
            var version = (await session.Get<BundleExport>().ExportAsync(
                session.Actor, parsed.GetRequiredValue(task), parsed.GetValue(number), target, cancellationToken)).OrFail();
            output.Result(
                new { task = parsed.GetValue(task), folder = target, dataset_version = version.Number, version.Sha256 },
                () => output.Line($"{target}: data version {version.Number}, {version.TrainRows:N0} train, {version.ValidationRows:N0} validation, {version.TestRows:N0} test rows"));
        });
        return command;
    }
}
