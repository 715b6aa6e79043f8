using System.CommandLine;
using Microsoft.Extensions.Options;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Setup;
using Platform.Domain.Tasks;

namespace Platform.Cli.Runs;

/// <summary>Plans a run in the database, where a Jobs host takes it up, and follows it.</summary>
internal static class TrainCommand
{
    private static readonly TimeSpan CheckPatience = TimeSpan.FromSeconds(60);

    private static readonly Argument<string[]> Tasks = new("TASK") { Description = "The tasks to train together; default: those that the recipe names, else all", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<string?> RecipeOption = new("--recipe") { Description = "A YAML or JSON file with the run's settings; default: the platform's default recipe", HelpName = "FILE" };
    private static readonly Option<string?> Name = new("--name") { Description = "The run's name; default: the recipe's name and the run's number", HelpName = "NAME" };
    private static readonly Option<string?> Base = new("--base") { Description = "The base model's Hugging Face folder; default: the one that the recipe names, else the embedded one", HelpName = "DIR" };
    private static readonly Option<bool> Follow = new("--follow") { Description = "Stay and show the progress; --follow false only queues the run", DefaultValueFactory = _ => true };

    private static readonly Option<bool> Estimate = new("--estimate") { Description = "Only measure what the run would take on this device: time, memory and cost of each step" };

    public static Command Create()
    {
        var command = new Command("train", "Fine-tune one shared model on the given tasks: filtering, high-resource tasks, all kept tasks") { Tasks, RecipeOption, Name, Base, Estimate, Follow, CommonOptions.As };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed);
        await using var session = await PlatformSession.OpenAsync(parsed, cancellationToken);
        var recipe = parsed.GetValue(RecipeOption) is { } file ? RecipeFile.Read(file) : new Recipe();
        var tasks = await FindAsync(session, parsed.GetValue(Tasks) is { Length: > 0 } named ? named : [.. recipe.Tasks?.Select(task => task.Name) ?? []], cancellationToken);
        await new DataCheckWait(session, session.Actor).WaitAsync(tasks, output.Errors.WriteLine, CheckPatience, cancellationToken);

        var baseModel = parsed.GetValue(Base) is { } folder
            ? Path.GetFullPath(folder)
            : BaseModelName.Folder(recipe.BaseModel, session.Get<IOptions<PlatformOptions>>().Value.BaseModelFolder);
        if (!File.Exists(Path.Combine(baseModel, "config.json")))
            throw new CommandFailure($"'{baseModel}' is not a model folder: config.json is missing. Name a Hugging Face folder by --base.");
        var request = new RunRequest(parsed.GetValue(Name), [.. tasks.Select(task => task.Id)], recipe, baseModel);
        if (parsed.GetValue(Estimate))
            return await ForecastWait.ShowAsync(session, request, output, cancellationToken);
        var run = (await session.Get<RunPlanning>().PlanAsync(session.Actor, request, cancellationToken)).OrFail();
        output.Errors.WriteLine($"Run {run.Number} ({run.Name}) is queued with {tasks.Count} {(tasks.Count == 1 ? "task" : "tasks")}.");
        if (!parsed.GetValue(Follow))
        {
            output.Result(new { run = run.Number, run.Status }, () => { });
            return ExitCodes.Done;
        }

        return await FollowAsync(session, run.Number, output, cancellationToken);
    }

    internal static async Task<int> FollowAsync(PlatformSession session, int number, Output output, CancellationToken cancellationToken)
    {
        var follower = new RunFollower(session);
        var run = output.IsJson
            ? await follower.FollowAsync(number, new PlainRunView(output.Errors.WriteLine), cancellationToken)
            : await LiveRunView.FollowAsync(follower, number, output, cancellationToken);
        output.Result(RunTables.AsJson(run), () => output.Console.Write(RunTables.Result(run)));
        if (run.Status == RunStatus.Succeeded)
            return ExitCodes.Done;
        throw new CommandFailure($"Run {run.Number} ended as {run.Status}. {run.Error}".TrimEnd());
    }

    internal static async Task<IReadOnlyList<TaskDefinition>> FindAsync(PlatformSession session, string[] names, CancellationToken cancellationToken)
    {
        var catalog = session.Get<TaskCatalog>();
        var all = await catalog.ListAsync(session.Actor, archivedToo: false, cancellationToken);
        if (names.Length == 0)
            return all.Count > 0 ? all : throw new CommandFailure("There is no task yet. Import some: platform import DIR --team NAME");
        var unknown = names.Except(all.Select(task => task.Name), StringComparer.Ordinal).ToList();
        return unknown.Count == 0
            ? [.. all.Where(task => names.Contains(task.Name, StringComparer.Ordinal))]
            : throw new CommandFailure([.. unknown.Select(name => TaskErrors.Unknown(name).Message)]);
    }
}
