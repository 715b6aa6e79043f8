using Platform.Domain.Runs;
using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using Platform.Jobs.Devices;
using Platform.Method;

namespace Platform.Jobs.Runs.Steps;

/// <summary>An isolated task's own adapter on the shared model.</summary>
internal sealed class AdapterStep(EngineThread engine) : IRunStepWork
{
    public RunStepKind Kind => RunStepKind.Adapter;

    public async Task<string> DoAsync(StepContext step, CancellationToken cancellationToken) =>
        StepResults.Write(await engine.RunAsync(() => Train(step, cancellationToken), cancellationToken));

    private static TrainingOutcome Train(StepContext step, CancellationToken cancellationToken)
    {
        var task = step.OneTask;
        var name = task.Task!.Name;
        var folder = step.Folder.AdapterModel(name);
        var stored = Path.Combine(folder, RunFolder.ResultFile);
        if (File.Exists(stored))
            return StepResults.Read<TrainingOutcome>(File.ReadAllText(stored));

        var recipe = step.Recipe;
        var options = EngineMapping.AdapterTraining(recipe);
        var lora = EngineMapping.Adapter(recipe);
        var examples = step.PlannedExamples;
        var identity = StepResults.Hash(new { step.BaseModelSha256, step.Run.Id, Task = StepContext.Identity(task), examples, lora, options });
        using var loaded = LoadedModel.Load(step.Folder.StageModel(3));
        using var adapter = new LoraAdapter(loaded.Model, lora);
        var outcome = FineTuning.Train(
            loaded, adapter, [step.Data.For(task)], [examples], options, step.Folder.AdapterCheckpoint(name), identity, step.Reporter, cancellationToken);
        RunFolder.Write(folder, partial =>
        {
            PeftFolder.Save(partial, adapter);
            AtomicFile.WriteText(Path.Combine(partial, RunFolder.ResultFile), StepResults.Write(outcome));
        });
        RunFolder.DeleteCheckpoint(step.Folder.AdapterCheckpoint(name));
        return outcome;
    }
}
