using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.Extensions.Options;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Artifacts;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Setup;
using Platform.Method.Outside;

namespace Platform.Cli.Runs;

/// <summary>A run, or a recipe, as a job for a trainer outside.</summary>
internal static class ExportRunCommand
{
    private static readonly Argument<string> Folder = new("FOLDER") { Description = "The folder to write; it must not exist, or be empty" };
    private static readonly Argument<string[]> Tasks = new("TASK") { Description = "With --recipe: the tasks to train together; default: those that the recipe names, else all", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<int?> Run = new("--run") { Description = "The number of the run to export, with the decisions of its stage 1", HelpName = "RUN" };
    private static readonly Option<string?> RecipeOption = new("--recipe") { Description = "Instead of a run: a YAML or JSON file with its settings", HelpName = "FILE" };
    private static readonly Option<string> Stage = new("--stage") { Description = "2, 3 or all: which stages are trained outside", DefaultValueFactory = _ => "all" };
    private static readonly Option<string?> From = new("--from") { Description = "For --stage 3: the folder of the model that stage 2 left", HelpName = "DIR" };
    private static readonly Option<string?> Base = new("--base") { Description = "With --recipe: the base model's folder, or its name beside the platform's own; default: the recipe's, else the platform's own", HelpName = "DIR" };
    private static readonly Option<string?> Filter = new("--filter") { Description = "With --recipe: none or rules instead of the recipe's filter, which may have to measure first" };

    public static Command Create()
    {
        Stage.AcceptOnlyFromAmong("2", "3", "all");
        Filter.AcceptOnlyFromAmong("none", "rules");
        var command = new Command("export-run", "Write a run as a job for a trainer outside (TRL and accelerate with FSDP): rows in their exact order, settings, evaluation sets and a manifest; import-run takes the result back")
        {
            Folder, Tasks, Run, RecipeOption, Stage, From, Base, Filter, CommonOptions.As,
        };
        command.Validators.Add(Validate);
        command.SetAction(RunAsync);
        return command;
    }

    private static void Validate(CommandResult result)
    {
        var isRun = result.GetResult(Run) is not null;
        if (isRun == (result.GetResult(RecipeOption) is not null))
            result.AddError("Give one of --run RUN and --recipe FILE.");
        else if (isRun && (result.GetResult(Base) is not null || result.GetResult(Filter) is not null || result.GetResult(Tasks)?.Tokens.Count > 0))
            result.AddError("--run takes tasks, base model and filter from the run; leave TASK, --base and --filter out, or export a recipe by --recipe.");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed);
        await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
        var number = parsed.GetValue(Run);
        var run = number is { } known ? (await session.Get<RunQueries>().FindAsync(known, cancellationToken)).OrFail() : (await DraftAsync(session, parsed, cancellationToken)).OrFail();
        var stages = parsed.GetValue(Stage) switch { "2" => [2], "3" => [3], _ => Array.Empty<int>() };
        var export = new RunExport(session.Get<ArtifactStore>(), session.Get<RunExports>(), session.Get<IOptions<PlatformOptions>>(), session.Get<TimeProvider>());
        var folder = Path.GetFullPath(parsed.GetRequiredValue(Folder));
        var from = parsed.GetValue(From) is { } start ? Path.GetFullPath(start) : null;
        var manifest = (await export.WriteAsync(session.Actor, new ExportRequest(run, number is null, stages, from), folder, cancellationToken)).OrFail();
        output.Result(
            new { folder, manifest.Run, manifest.BaseModel, manifest.Start, manifest.Stages, manifest.Tasks, manifest.Notes },
            () =>
            {
                foreach (var stage in manifest.Stages)
                    output.Line($"Stage {stage.Stage}: {stage.Examples:N0} examples in {stage.Updates:N0} updates, {Path.Combine(folder, stage.File)}");
                foreach (var note in manifest.Notes)
                    output.Line($"Note: {note}");
                output.Line($"Train it: cd {folder} && ./run.sh FOLDER_OF_{manifest.Start.Name} RESULTS");
                output.Line($"Take the result back: platform import-run {folder} RESULTS/stage{manifest.Stages[^1].Stage}");
            });
        return ExitCodes.Done;
    }

    private static async Task<Result<FineTuningRun>> DraftAsync(PlatformSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        var recipe = RecipeFile.Read(parsed.GetValue(RecipeOption)!);
        if (parsed.GetValue(Filter) is { } filter)
            recipe = recipe with { Filter = recipe.Filter with { Strategy = filter == "none" ? FilterStrategy.None : FilterStrategy.Rules } };
        var names = parsed.GetValue(Tasks) is { Length: > 0 } named ? named : [.. recipe.Tasks?.Select(task => task.Name) ?? []];
        var tasks = await TrainCommand.FindAsync(session, names, cancellationToken);
        var configured = session.Get<IOptions<PlatformOptions>>().Value.BaseModelFolder;
        var baseModel = parsed.GetValue(Base) is not { } given ? BaseModelName.Folder(recipe.BaseModel, configured)
            : Directory.Exists(given) ? Path.GetFullPath(given) : BaseModelName.Folder(given, configured);
        return await session.Get<RunPlanning>().DraftAsync(session.Actor, new RunRequest(null, [.. tasks.Select(task => task.Id)], recipe, baseModel), cancellationToken);
    }
}
