using Platform.Domain.Artifacts;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Engine.MultiTask.Filtering;
using Platform.Jobs.Devices;
using Platform.Method;
using FilterEvidence = Platform.Domain.Runs.Filtering.FilterEvidence;

namespace Platform.Jobs.Runs.Steps;

/// <summary>
/// Stage 1: finds out which of the tasks that are still open should not share the mixture, by the recipe's strategy, and decides. The
/// compatibility map is kept with the step, the probe with the artifacts: what-if asks it about tasks that come later.
/// </summary>
internal sealed class FilterStep(EngineThread engine, ArtifactStore store) : IRunStepWork
{
    public RunStepKind Kind => RunStepKind.Probe;

    public async Task<string> DoAsync(StepContext step, CancellationToken cancellationToken)
    {
        // Also those that this step has decided itself: one that broke off between two decisions judges the same tasks again.
        var open = step.Tasks.Where(task => task.DecidedByName is null && (task.Decision == TaskDecision.Pending || IsFinding(task))).ToList();
        var strategy = FilterStrategies.Named(step.Recipe.Filter.Strategy.ToString());
        var examples = RunPlan.ProbeExamples(step.Recipe);
        if (open.Count < 2 || examples < 2 * open.Count)
        {
            var why = open.Count < 2 ? "there is no other task in the mixture that could harm it" : "the recipe leaves the probe no examples";
            foreach (var task in open)
                await DecideAsync(step, task, new FilterDecision(task.Task!.Name, false, $"Kept: {why}.", null, 0), cancellationToken);
            return StepResults.Write(new FilterFindings(strategy.Name, [], null, null, 0));
        }

        var outcome = await engine.RunAsync(() => Filter(step, strategy, open, examples, cancellationToken), cancellationToken);
        var stored = outcome.Probe is null ? null : await StoreAsync(step, cancellationToken);
        foreach (var decision in outcome.Decisions)
            await DecideAsync(step, step.Named(decision.Task), decision, cancellationToken);
        await SayAsync(step, outcome, cancellationToken);
        return StepResults.Write(new FilterFindings(
            strategy.Name, [.. outcome.Decisions.Select(Finding)], Map(outcome.Map), stored, outcome.Probe?.Cost.Seconds ?? 0));
    }

    private static FilterOutcome Filter(StepContext step, IFilterStrategy strategy, List<RunTask> open, long examples, CancellationToken cancellationToken)
    {
        var options = EngineMapping.Filtering(step.Recipe, examples);
        var adapter = EngineMapping.Adapter(step.Recipe);
        // The strategy that trains all weights does so at their learning rate, those that train an adapter at its own.
        var training = strategy is MeasuredFilter
            ? EngineMapping.Training(step.Recipe) with { LearningRate = step.Recipe.Training.LearningRate }
            : EngineMapping.AdapterTraining(step.Recipe);
        var identity = StepResults.Hash(new
        {
            step.BaseModelSha256, Tasks = open.Select(StepContext.Identity), strategy.Name, options, adapter,
            Training = training with { CheckpointInterval = TimeSpan.Zero },
        });
        using var loaded = LoadedModel.Load(step.BaseModel);
        var work = new ProbeWork(
            () => LoadedModel.LoadWeights(step.BaseModel), loaded.Prompts, [.. open.Select(step.Data.For)], options, adapter, training, step.Folder.Probe, identity)
        {
            CheckLearningRate = step.Recipe.Training.LearningRate,
        };
        return strategy.Filter(work, step.Reporter.Training, cancellationToken);
    }

    private async Task<StoredProbe> StoreAsync(StepContext step, CancellationToken cancellationToken)
    {
        using var staging = store.Stage(ArtifactStore.Probes);
        ProbeRecord.Copy(step.Folder.Probe, staging.Folder);
        var stored = await staging.CommitAsync(cancellationToken);
        return stored.IsSuccess
            ? new StoredProbe(stored.Value.Path, stored.Value.Sha256, stored.Value.SizeBytes)
            : throw new StorageException(stored.Error);
    }

    private static async Task SayAsync(StepContext step, FilterOutcome outcome, CancellationToken cancellationToken)
    {
        var left = outcome.Decisions.Where(decision => decision.Isolate).Select(decision => decision.Task).ToList();
        await step.Writer.NoteAsync(
            left.Count == 0 ? "Stage 1 keeps every task in the mixture." : $"Stage 1 leaves out of the mixture: {string.Join(", ", left)}.", cancellationToken);
        foreach (var task in step.Tasks.Where(task => task.DecidedByName is not null))
            await step.Writer.NoteAsync($"{task.Task!.Name} is not judged by the filter: {task.Reason}", cancellationToken);
    }

    private static Task DecideAsync(StepContext step, RunTask task, FilterDecision decision, CancellationToken cancellationToken) =>
        step.Writer.ChangeTaskAsync(
            task.TaskId, found => found.Decide(decision.Isolate ? TaskDecision.Isolated : TaskDecision.Kept, decision.Sentence, StepResults.Write(Finding(decision))),
            cancellationToken);

    private static bool IsFinding(RunTask task) => task.EvidenceJson is { } json && StepResults.Read<TaskFinding>(json).Task == task.Task!.Name;

    private static TaskFinding Finding(FilterDecision decision) => new(
        decision.Task, decision.Isolate, decision.Sentence,
        decision.Evidence is { } evidence ? new FilterEvidence(evidence.Source, evidence.Target, Effect(evidence.Effect)!, evidence.Method) : null,
        decision.Examples);

    private static Domain.Runs.Filtering.CompatibilityMap? Map(Engine.MultiTask.Filtering.CompatibilityMap? map) => map is null ? null : new(
        map.Method, map.Meaning, map.Tasks, map.Examples, map.Rows, map.Confidence,
        [.. map.Effects.Select(line => (IReadOnlyList<Effect?>)[.. line.Select(Effect)])], [.. map.Others.Select(Effect)]);

    private static Effect? Effect(Engine.Evaluation.Interval? interval) => interval is null ? null : new Effect(interval.Value, interval.Low, interval.High);
}
