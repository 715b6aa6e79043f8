using System.CommandLine;
using Microsoft.Extensions.Options;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Artifacts;
using Platform.Domain.Runs;
using Platform.Domain.Setup;
using Platform.Engine.Native;
using Platform.Method.Outside;

namespace Platform.Cli.Runs;

/// <summary>Takes back what was trained outside.</summary>
internal static class ImportRunCommand
{
    private static readonly Argument<string> Folder = new("FOLDER") { Description = "The folder that export-run wrote, unchanged" };
    private static readonly Argument<string> Model = new("RESULT") { Description = "What was trained: a Hugging Face folder, or a PEFT folder with an adapter, which is merged" };
    private static readonly Option<string?> Stage = new("--stage") { Description = "2 or 3: which stage's result it is; after stage 2 the platform trains stage 3; default: the last that was exported" };
    private static readonly Option<string?> Base = new("--base") { Description = "The base model's folder, where it is not at its old place", HelpName = "DIR" };
    private static readonly Option<string?> AdapterOf = new("--adapter-of") { Description = "For an adapter: the folder of the model that it was trained on; default: the base", HelpName = "DIR" };
    private static readonly Option<string?> Name = new("--name") { Description = "The new run's name; default: the recipe's name and the run's number", HelpName = "NAME" };
    private static readonly Option<bool> Follow = new("--follow") { Description = "Stay and show the progress; --follow false only queues the run", DefaultValueFactory = _ => true };

    public static Command Create()
    {
        Stage.AcceptOnlyFromAmong("2", "3");
        var command = new Command("import-run", "Take back what was trained on an exported run: a new run evaluates it, asks the gate, and registers it as a model version")
        {
            Folder, Model, Stage, Base, AdapterOf, Name, Follow, CommonOptions.As,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed);
        await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
        TorchRuntime.Initialize();
        var import = new RunImport(
            session.Get<ArtifactStore>(), session.Get<RunExports>(), session.Get<RunPlanning>(), session.Get<IOptions<PlatformOptions>>(), session.Get<TimeProvider>());
        var request = new ImportRequest(
            Path.GetFullPath(parsed.GetRequiredValue(Folder)), Path.GetFullPath(parsed.GetRequiredValue(Model)), parsed.GetValue(Stage) switch { "2" => 2, "3" => 3, _ => null },
            FullPath(parsed.GetValue(Base)), FullPath(parsed.GetValue(AdapterOf)), parsed.GetValue(Name));
        var run = (await import.ImportAsync(session.Actor, request, cancellationToken)).OrFail();
        output.Errors.WriteLine($"Run {run.Number} ({run.Name}) is queued. {OutsideTraining.Parse(run.OutsideJson)!.Sentence}");
        if (!parsed.GetValue(Follow))
        {
            output.Result(new { run = run.Number, run.Status }, () => { });
            return ExitCodes.Done;
        }

        return await TrainCommand.FollowAsync(session, run.Number, output, cancellationToken);
    }

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);
}
