using Platform.Domain.Budgets;
using Platform.Domain.Datasets;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.Users;

namespace Platform.Portal.Tasks;

/// <summary>Where a task stands, in the order in which it needs somebody.</summary>
public enum TaskState
{
    /// <summary>Its data was rejected.</summary>
    DataProblems,

    /// <summary>It is live, and worse than it should be.</summary>
    Degraded,
    NoData,
    Checking,
    InTraining,

    /// <summary>Its data is ready and waits for a run.</summary>
    Ready,
    Live,
}

/// <param name="Why">One sentence.</param>
/// <param name="Budgets">For each month, of the task itself or of its team.</param>
public sealed record HomeTask(TaskRow Row, TaskState State, string Why, IReadOnlyList<BudgetState> Budgets);

/// <param name="Href">Where it is done.</param>
public sealed record WaitingItem(string Text, string Href, string Action);

public sealed record HomeView(IReadOnlyList<HomeTask> Tasks, IReadOnlyList<WaitingItem> Waiting);

/// <summary>The start page: the user's tasks, and what waits for the user.</summary>
public sealed class HomeOverview(
    TaskOverview overview, RunQueries runs, RollBacks rollBacks, BudgetBook budgets, SignOffs signOffs, DeploymentApproval approval, FilterContests contests)
{
    private const int MostWaiting = 20;

    public async Task<Result<HomeView>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        var rows = await overview.ListAsync(actor, cancellationToken);
        if (rows.IsFailure)
            return Result.Failure<HomeView>(rows.Errors);
        var training = await runs.TasksInTrainingAsync(cancellationToken);
        var pins = (await rollBacks.ListAsync(cancellationToken)).ToDictionary(pin => pin.TaskId);
        var limits = (await budgets.ListAsync(actor, cancellationToken)).Where(budget => budget.Budget.Period == BudgetPeriod.Month).ToList();
        List<HomeTask> tasks = [.. rows.Value.Select(row =>
        {
            var (state, why) = StateOf(row, training.TryGetValue(row.Task.Id, out var run) ? run : null, pins.ContainsKey(row.Task.Id));
            return new HomeTask(row, state, why, [.. limits.Where(limit => limit.Budget.ScopeId == row.Task.Id || limit.Budget.ScopeId == row.Task.TeamId)]);
        }).OrderBy(task => task.State).ThenBy(task => task.Row.Task.Name, StringComparer.Ordinal)];
        return new HomeView(tasks, [.. await WaitingAsync(actor, tasks, cancellationToken)]);
    }

    internal static (TaskState State, string Why) StateOf(TaskRow row, int? run, bool isPinned) => row switch
    {
        { Data: { Status: DatasetStatus.Rejected, Number: var number } } => (TaskState.DataProblems, $"The check rejected version {number} of its data."),
        { IsLive: true } when isPinned => (TaskState.Degraded, "It was rolled back: an earlier model version answers it."),
        { IsLive: true, Score.Evaluation: { Verdict: GateVerdict.Fail } live } => (TaskState.Degraded, live.Sentence),
        { Data: null } => (TaskState.NoData, "It has no data yet."),
        { Data.Status: DatasetStatus.Uploaded or DatasetStatus.Checking } => (TaskState.Checking, "Its newest data is being checked."),
        _ when run is { } number => (TaskState.InTraining, $"Run {number} trains it."),
        { IsLive: true } => (TaskState.Live, "It answers requests."),
        _ => (TaskState.Ready, "Its data is ready; the next run trains it."),
    };

    private async Task<IEnumerable<WaitingItem>> WaitingAsync(Actor actor, List<HomeTask> tasks, CancellationToken cancellationToken)
    {
        List<WaitingItem> waiting = [];
        foreach (var line in await signOffs.WaitingForAsync(actor, cancellationToken))
            waiting.Add(new WaitingItem($"Model version {line.ModelNumber} is to go live and changes how {line.Task} answers: your team has not signed it off.", $"/deployments/{line.DeploymentNumber}", "Sign off"));
        if (actor.IsAdmin)
            foreach (var request in await approval.ListRequestedAsync(MostWaiting, cancellationToken))
                if (!actor.IsSameAs(request.RequestedById, request.RequestedByName))
                    waiting.Add(new WaitingItem($"{request.RequestedByName} asks to bring model version {request.ModelVersion!.Number} live.", $"/deployments/{request.Number}", "Decide"));
        foreach (var contest in await contests.WaitingForAsync(actor, cancellationToken))
            waiting.Add(new WaitingItem($"{contest.ContestedByName} contests that {contest.Task!.Name} was {contest.Found.ToString().ToLowerInvariant()} in run {contest.Run!.Number}: {contest.Reason}", $"/runs/{contest.Run.Number}?tab=results", "Decide"));
        waiting.AddRange(tasks.Where(task => task.State == TaskState.DataProblems)
            .Select(task => new WaitingItem($"{task.Row.Task.Name}: {task.Why}", $"/tasks/{task.Row.Task.Name}/data/{task.Row.Data!.Number}", "Look at the findings")));
        waiting.AddRange(tasks.Where(task => task.State == TaskState.NoData)
            .Select(task => new WaitingItem($"{task.Row.Task.Name} has no data yet.", $"/tasks/{task.Row.Task.Name}/upload", "Upload data")));
        return waiting.Take(MostWaiting);
    }
}
