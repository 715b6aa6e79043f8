using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Artifacts;

namespace Platform.Cli.Storage;

internal static class ArtifactsCommand
{
    public static Command Create() => new("artifacts", "The files of datasets, models and evaluations, in their folder or in an S3-compatible store") { Push(), Collect() };

    private static Command Push()
    {
        var command = new Command("push", "Send this machine's folder of artifacts to the store that Artifacts__Store=S3 names. Break it off and repeat it as you like: what is there is not sent again");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var done = 0;
            var pushed = (await session.Get<ArtifactPush>().RunAsync(
                (path, all) => output.Errors.WriteLine($"{++done}/{all} {path}"), cancellationToken)).OrFail();
            output.Result(new { pushed.Pushed, pushed.Damaged, pushed.Missing }, () =>
            {
                output.Line($"{pushed.Pushed} artifacts of this machine are in the store.");
                foreach (var damaged in pushed.Damaged)
                    output.Line(damaged);
                foreach (var missing in pushed.Missing)
                    output.Line($"Not in the store, and not on this machine: {missing}. Push it from a machine that has it, or restore it from a backup.");
            });
            if (pushed.Damaged.Count + pushed.Missing.Count > 0)
                throw new CommandFailure($"{pushed.Damaged.Count} artifacts are damaged and {pushed.Missing.Count} are missing.");
        });
        return command;
    }

    private static Command Collect()
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Remove nothing: only name what would go" };
        var command = new Command("collect", "Remove artifacts that nothing refers to and that were added longer ago than Artifacts__GraceHours. A Jobs host does it every hour") { dryRun };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            var isDry = parsed.GetValue(dryRun);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var collected = (await session.Get<ArtifactCleanup>().CollectAsync(isDry, cancellationToken)).OrFail();
            output.Result(new { collected.Removed, collected.Kept, dry_run = isDry }, () =>
            {
                foreach (var path in collected.Removed)
                    output.Line(path);
                output.Line($"{collected.Removed.Count} artifacts {(isDry ? "would go" : "are gone")}, {collected.Kept} are kept.");
            });
        });
        return command;
    }
}
