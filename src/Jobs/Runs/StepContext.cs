using Platform.Domain.Artifacts;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Engine.Tasks;

namespace Platform.Jobs.Runs;

/// <summary>All that a step may look at. Rows are read once per run and only on the thread that asks.</summary>
/// <param name="Tasks">In the order of their names, so that the same run always does the same.</param>
/// <param name="BaseModel">Folder on disk.</param>
internal sealed record StepContext(
    FineTuningRun Run,
    Recipe Recipe,
    IReadOnlyList<RunTask> Tasks,
    RunStep Step,
    string BaseModel,
    string BaseModelSha256,
    RunFolder Folder,
    RunWriter Writer,
    StepReporter Reporter,
    RunData Data)
{
    public IEnumerable<RunTask> Kept => Tasks.Where(task => task.Decision != TaskDecision.Isolated);

    /// <summary>The task that this step concerns.</summary>
    public RunTask OneTask => Tasks.Single(task => task.TaskId == Step.TaskId);

    /// <summary>What the plan gives this step; unlike the step's own total it never changes with its progress.</summary>
    public long PlannedExamples => RunPlan.Steps(Recipe, Tasks).Single(planned => planned.Kind == Step.Kind && planned.TaskId == Step.TaskId).ExamplesTotal;

    public RunTask Named(string name) => Tasks.Single(task => task.Task!.Name == name);

    /// <summary>What a step that is done has left; null when the run has no such step.</summary>
    public T? Result<T>(RunStepKind kind, Guid? taskId = null)
        where T : class =>
        Run.Steps.SingleOrDefault(step => step.Kind == kind && step.TaskId == taskId && step.Status == RunStepStatus.Done)?.ResultJson is { } json
            ? StepResults.Read<T>(json)
            : null;

    /// <summary>What decides how the tasks' rows look to the model.</summary>
    public static object Identity(RunTask task)
    {
        var spec = EngineMapping.Spec(task.Task!);
        return new { spec.Name, spec.Kind, spec.Instruction, spec.Labels, spec.Metric, spec.MaxOutputTokens, Data = task.DatasetVersion!.Sha256 };
    }
}

/// <summary>The rows of a run's tasks.</summary>
internal sealed class RunData(ArtifactStore store)
{
    private readonly Dictionary<Guid, TaskData> known = [];

    public TaskData For(RunTask task)
    {
        if (!known.TryGetValue(task.TaskId, out var data))
            known[task.TaskId] = data = EngineMapping.Data(EngineMapping.Spec(task.Task!), store.FullPath(task.DatasetVersion!.ArtifactPath));
        return data;
    }
}
