using Platform.Domain.Runs;
using Platform.Engine.MultiTask;
using Platform.Jobs.Devices;

namespace Platform.Jobs.Runs.Steps;

/// <summary>Measures, for every task that the rules left open, whether the mixture harms it, and decides.</summary>
internal sealed class ProbeStep(EngineThread engine) : IRunStepWork
{
    public RunStepKind Kind => RunStepKind.Probe;

    public async Task<string> DoAsync(StepContext step, CancellationToken cancellationToken)
    {
        var open = step.Tasks.Where(task => task.Decision == TaskDecision.Pending).ToList();
        var examples = RunPlan.ProbeExamples(step.Recipe);
        if (open.Count < 2 || examples < 2 * open.Count)
        {
            var why = open.Count < 2 ? "there is no other task in the mixture that could harm it" : "the recipe leaves the probe no examples";
            foreach (var task in open)
                await DecideAsync(step, task, TaskDecision.Kept, $"Kept: {why}.", null, cancellationToken);
            return StepResults.Write(new { Tasks = Array.Empty<ProbeEvidence>() });
        }

        var evidence = await engine.RunAsync(() => Measure(step, open, examples, cancellationToken), cancellationToken);
        var nobodyLeft = evidence.All(one => one.Isolate);
        foreach (var one in evidence)
            await DecideAsync(
                step, step.Named(one.Task), one.Isolate && !nobodyLeft ? TaskDecision.Isolated : TaskDecision.Kept,
                one.Isolate && nobodyLeft ? $"Kept, because no task would be left in the mixture otherwise. {one.Sentence}" : one.Sentence,
                StepResults.Write(one), cancellationToken);
        return StepResults.Write(new { Tasks = evidence });
    }

    private static IReadOnlyList<ProbeEvidence> Measure(StepContext step, List<RunTask> open, long examples, CancellationToken cancellationToken)
    {
        var options = EngineMapping.Training(step.Recipe);
        // The engine shows them twice: once in the mixture and once alone.
        var probe = new ProbeOptions(examples / 2, step.Recipe.Filter.Tolerance, step.Recipe.Filter.ExamplesMin);
        var identity = StepResults.Hash(new { step.BaseModelSha256, Tasks = open.Select(StepContext.Identity), probe, options });
        Directory.CreateDirectory(step.Folder.Probe);

        using var loaded = LoadedModel.Load(step.BaseModel);
        return Probe.Run(
            () => LoadedModel.LoadWeights(step.BaseModel), loaded.Prompts, [.. open.Select(step.Data.For)], probe, options,
            step.Folder.Probe, identity, step.Reporter.Training, cancellationToken);
    }

    private static Task DecideAsync(
        StepContext step, RunTask task, TaskDecision decision, string reason, string? evidence, CancellationToken cancellationToken) =>
        step.Writer.ChangeTaskAsync(task.TaskId, found => found.Decide(decision, reason, evidence), cancellationToken);
}
