using System.CommandLine;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Models;
using Platform.Domain.Models.Reports;
using Platform.Domain.Runs;

namespace Platform.Cli.Models;

/// <summary>What runs produced, and how good it is.</summary>
internal static class ModelsCommand
{
    public static Command Create() => new("models", "Model versions and their evaluation") { List(), Show(), ReportCommand.Create(), ServeWithCommand.Create() };

    private static Command List()
    {
        var command = new Command("list", "All model versions, newest first");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var versions = await session.Get<ModelRegistry>().ListAsync(cancellationToken);
            output.Result(versions.Select(ModelTables.AsJson), () => output.Console.Write(ModelTables.Versions(versions)));
        });
        return command;
    }

    private static Command Show()
    {
        var number = new Argument<int>("VERSION") { Description = "The model version's number" };
        var command = new Command("show", "A model version with every task's score, interval and difference from its dedicated model") { number };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var output = new Output(parsed);
            await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
            var version = (await session.Get<ModelRegistry>().FindAsync(parsed.GetValue(number), cancellationToken)).OrFail();
            output.Result(ModelTables.AsJson(version), () =>
            {
                output.Line($"Model version {version.Number} of run {version.Run?.Number}: {version.Status.ToString().ToLowerInvariant()}, from {version.BaseModel}");
                if (OutsideTraining.Parse(version.Run?.OutsideJson) is { } outside)
                    output.Line($"{outside.Sentence} Manifest SHA-256 {outside.ManifestSha256}.");
                output.Console.Write(ModelTables.Evaluations(version));
                output.Line(VersionVerdict.Of(version.Evaluations).Sentence);
            });
        });
        return command;
    }
}
