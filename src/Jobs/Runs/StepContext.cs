using Platform.Domain.Artifacts;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Engine.Tasks;
using Platform.Method;

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

/// <summary>The rows of a run's tasks. Their files stay on this host until it is disposed.</summary>
internal sealed class RunData(ArtifactStore store) : IDisposable
{
    private readonly Dictionary<Guid, ArtifactFolder> files = [];
    private readonly Dictionary<Guid, TaskData> known = [];

    /// <summary>Brings the files here; <see cref="For"/> is asked on a thread that cannot wait for them.</summary>
    public async Task HoldAsync(IEnumerable<RunTask> tasks, CancellationToken cancellationToken)
    {
        foreach (var task in tasks.Where(task => !files.ContainsKey(task.TaskId)))
        {
            var opened = await store.OpenAsync(task.DatasetVersion!.ArtifactPath, cancellationToken);
            files[task.TaskId] = opened.IsSuccess ? opened.Value : throw new InvalidDataException($"{task.Task!.Name}: {opened.Error.Message}");
        }
    }

    public TaskData For(RunTask task)
    {
        if (!known.TryGetValue(task.TaskId, out var data))
            known[task.TaskId] = data = EngineMapping.Data(EngineMapping.Spec(task.Task!), files[task.TaskId].Path);
        return data;
    }

    public void Dispose()
    {
        foreach (var held in files.Values)
            held.Dispose();
    }
}
