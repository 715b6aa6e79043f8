using Microsoft.Extensions.Options;
using Platform.Cli.Runs;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Runs;
using Platform.Domain.Setup;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Cli.Start;

/// <summary>The three-stage run on the sample tasks: planned once, followed to its end, taken up again after a stop.</summary>
internal sealed class SampleRun(PlatformSession session, string folder, Output output)
{
    private const string RecipeName = "recipe.json";

    /// <summary>Jobs looks for work every second and a check takes a few: silence for this long means that nobody checks.</summary>
    private static readonly TimeSpan CheckPatience = TimeSpan.FromMinutes(2);

    private static readonly Actor FirstStart = Actor.System("first start");

    /// <returns>The run that succeeded; null when somebody cancelled it.</returns>
    public async Task<FineTuningRun?> EnsureAsync(SampleProgress progress, Action<SampleProgress> keep, CancellationToken cancellationToken)
    {
        var known = progress.Run is { } number ? (await session.Get<RunQueries>().FindAsync(number, cancellationToken)).OrFail() : null;
        if (known?.Status is RunStatus.Failed)
            output.Line($"Run {known.Number} failed: {known.Error} A new one is planned; what was measured already is used again.");
        if (known is null or { Status: RunStatus.Failed })
        {
            known = await PlanAsync(cancellationToken);
            keep(progress with { Run = known.Number });
            output.Line($"Run {known.Number}: three stages on {known.Tasks.Count} tasks. Follow it here or in the portal.");
        }
        else if (!known.IsOver)
        {
            output.Line($"Run {known.Number} goes on.");
        }

        var run = known.IsOver ? known : await LiveRunView.FollowAsync(new RunFollower(session), known.Number, output, cancellationToken);
        switch (run.Status)
        {
            case RunStatus.Succeeded:
                output.Line();
                output.Line($"Run {run.Number}: scores on the test rows (0 to 100)");
                output.Console.Write(RunTables.Result(run));
                return run;
            case RunStatus.Cancelled:
                output.Line($"Run {run.Number} was cancelled. Plan another one in the portal, or by: platform train");
                keep(progress with { Run = run.Number, Done = true });
                return null;
            default:
                throw new CommandFailure($"Run {run.Number} failed: {run.Error}");
        }
    }

    private async Task<FineTuningRun> PlanAsync(CancellationToken cancellationToken)
    {
        var tasks = await session.Get<TaskCatalog>().ListAsync(FirstStart, archivedToo: false, cancellationToken);
        await new DataCheckWait(session, FirstStart).WaitAsync(tasks, output.Line, CheckPatience, cancellationToken);
        var recipe = RecipeFile.Read(Path.Combine(folder, RecipeName));
        var baseModel = BaseModelName.Folder(recipe.BaseModel, session.Get<IOptions<PlatformOptions>>().Value.BaseModelFolder);
        var request = new RunRequest(null, [.. tasks.Select(task => task.Id)], recipe, baseModel);
        return (await session.Get<RunPlanning>().PlanAsync(FirstStart, request, cancellationToken)).OrFail();
    }
}
