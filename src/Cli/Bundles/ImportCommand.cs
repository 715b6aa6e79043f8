using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;

namespace Platform.Cli.Bundles;

internal static class ImportCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("DIR") { Description = "A bundle, a folder of bundles, or a folder with workspace.json" };
        var team = new Option<string?>("--team") { Description = "The team that owns the tasks; not needed with workspace.json", HelpName = "NAME" };
        var command = new Command("import", "Import task bundles; the same data twice changes nothing") { folder, team, CommonOptions.As };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var outcomes = await new BundleImporter(session, session.Actor).ImportAsync(
                parsed.GetRequiredValue(folder), parsed.GetValue(team), outcome => Show(output, outcome), cancellationToken);
            if (output.IsJson)
                output.Json(outcomes.Select(AsJson));
            return outcomes.All(outcome => outcome.Imported is not null) ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    private static void Show(Output output, BundleOutcome outcome)
    {
        foreach (var problem in outcome.Problems)
            output.Errors.WriteLine($"error: {problem}");
        if (outcome.Imported is { } bundle && !output.IsJson)
            output.Line(Sentence(bundle));
    }

    public static string Sentence(Domain.Bundles.ImportedBundle bundle) =>
        $"{bundle.Task.Name}: {(bundle.TaskCreated ? "registered" : "known")}, data version {bundle.Version.Number} {(bundle.VersionCreated ? "stored" : "known")} ({bundle.Version.TrainRows:N0} train, {bundle.Version.ValidationRows:N0} validation, {bundle.Version.TestRows:N0} test rows)";

    private static object AsJson(BundleOutcome outcome) => new
    {
        outcome.Bundle,
        outcome.Team,
        task = outcome.Imported?.Task.Name,
        task_created = outcome.Imported?.TaskCreated,
        dataset_version = outcome.Imported?.Version.Number,
        dataset_created = outcome.Imported?.VersionCreated,
        outcome.Imported?.Version.Sha256,
        outcome.Imported?.Version.TrainRows,
        outcome.Imported?.Version.ValidationRows,
        outcome.Imported?.Version.TestRows,
        errors = outcome.Problems,
    };
}
