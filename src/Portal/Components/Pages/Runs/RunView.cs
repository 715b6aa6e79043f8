using Platform.Domain.Models;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.Users;

namespace Platform.Portal.Components.Pages.Runs;

/// <summary>A run as one user may see it.</summary>
/// <param name="Tasks">The user's teams' tasks, for an admin all, by name.</param>
/// <param name="OtherTasks">How many tasks of other teams take part as well.</param>
/// <param name="Steps">Without the steps of other teams' tasks.</param>
/// <param name="Events">For admins: the lines name tasks of every team.</param>
/// <param name="Version">What the run produced, once it is registered.</param>
public sealed record RunView(
    FineTuningRun Run, IReadOnlyList<RunTask> Tasks, int OtherTasks, IReadOnlyList<RunStep> Steps,
    IReadOnlyList<RunMetric> Metrics, IReadOnlyList<RunEvent> Events, ModelVersion? Version)
{
    /// <summary>Where it stands in the queue; null for one that is over or paused.</summary>
    public QueuePlace? Place { get; init; }

    /// <summary>What teams said against decisions, newest first; only of tasks that the user may see.</summary>
    public IReadOnlyList<FilterContest> Contests { get; init; } = [];

    public string NameOf(Guid taskId) => Tasks.FirstOrDefault(task => task.TaskId == taskId)?.Task?.Name ?? "a task of another team";
}

/// <summary>Loads a run again and again; curve points, log lines and tasks that it has already are not read a second time.</summary>
public sealed class RunFollower(RunQueries queries, ModelRegistry registry, RunLine queue, FilterContests contests)
{
    private readonly List<RunMetric> metrics = [];
    private readonly List<RunEvent> events = [];
    private Guid followed;
    private (RunStatus Status, int StepsDone, string Tasks) state;
    private IReadOnlyList<RunTask> allTasks = [];

    public async Task<Result<RunView>> LoadAsync(Actor actor, int number, CancellationToken cancellationToken)
    {
        var found = await FindAsync(number, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<RunView>(found.Errors);
        var run = found.Value;

        metrics.AddRange(await queries.MetricsAsync(run.Id, metrics.Count == 0 ? 0 : metrics[^1].Id, cancellationToken));
        if (actor.IsAdmin)
            events.AddRange(await queries.EventsAsync(run.Id, events.Count == 0 ? 0 : events[^1].Id, cancellationToken));
        var tasks = allTasks.Where(task => actor.MayActFor(task.Task!.TeamId)).OrderBy(task => task.Task!.Name, StringComparer.Ordinal).ToList();
        var visible = tasks.Select(task => task.TaskId).ToHashSet();
        var version = run.ModelVersionId is null ? null : await registry.FindOfRunAsync(run.Id, cancellationToken);
        return new RunView(
            run, tasks, allTasks.Count - tasks.Count,
            [.. run.Steps.Where(step => step.TaskId is not { } task || visible.Contains(task))],
            [.. metrics.Where(point => point.TaskId is not { } task || visible.Contains(task))],
            [.. events],
            version)
        {
            Contests = await contests.ListAsync(actor, run.Id, cancellationToken),
            Place = run.IsOver ? null : (await queue.ListAsync(cancellationToken)).FirstOrDefault(place => place.Number == number),
        };
    }

    /// <summary>A run of hundreds of tasks is asked for many times a minute, and its tasks change only now and then.</summary>
    private async Task<Result<FineTuningRun>> FindAsync(int number, CancellationToken cancellationToken)
    {
        var found = await queries.FollowAsync(number, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<FineTuningRun>(found.Errors);
        var (run, tasks) = found.Value;
        var now = (run.Status, run.Steps.Count(step => step.Status == RunStepStatus.Done), tasks);
        if (followed == run.Id && state == now)
        {
            run.Tasks.AddRange(allTasks);
            return run;
        }

        var whole = await queries.FindAsync(number, cancellationToken);
        if (whole.IsFailure)
            return whole;
        if (followed != run.Id)
        {
            metrics.Clear();
            events.Clear();
        }

        (followed, state, allTasks) = (run.Id, now, whole.Value.Tasks);
        return whole;
    }
}
