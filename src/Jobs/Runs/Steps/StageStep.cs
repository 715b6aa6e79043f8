using Platform.Domain.Runs;
using Platform.Engine.Checkpoints;
using Platform.Jobs.Devices;

namespace Platform.Jobs.Runs.Steps;

/// <summary>Stage 2: the high-resource tasks, from the base. Stage 3: all kept tasks, from stage 2's weights.</summary>
internal sealed class StageStep(RunStepKind kind, EngineThread engine) : IRunStepWork
{
    public RunStepKind Kind => kind;

    private int Stage => kind == RunStepKind.Stage2 ? 2 : 3;

    public async Task<string> DoAsync(StepContext step, CancellationToken cancellationToken)
    {
        List<RunTask> kept = [.. step.Kept];
        var mixture = RunPlan.KeptMixture(step.Recipe, step.Tasks);
        await MarkHighResourceAsync(step, kept, mixture.HighResource, cancellationToken);

        var examples = Stage == 2 ? mixture.Stage2Examples : mixture.Stage3Examples;
        if (examples.Sum() == 0)
        {
            await step.Writer.NoteAsync($"Stage {Stage} has nothing to do: no task takes part in it.", cancellationToken);
            return StepResults.Write(TrainingOutcome.Nothing);
        }

        var outcome = await engine.RunAsync(() => Train(step, kept, examples, cancellationToken), cancellationToken);
        return StepResults.Write(outcome);
    }

    private TrainingOutcome Train(StepContext step, List<RunTask> kept, IReadOnlyList<long> examples, CancellationToken cancellationToken)
    {
        var folder = step.Folder.StageModel(Stage);
        var stored = Path.Combine(folder, RunFolder.ResultFile);
        if (File.Exists(stored))
            return StepResults.Read<TrainingOutcome>(File.ReadAllText(stored));

        var options = EngineMapping.StageTraining(step.Recipe, Stage);
        var from = Stage == 3 && Directory.Exists(step.Folder.StageModel(2)) ? step.Folder.StageModel(2) : step.BaseModel;
        var identity = StepResults.Hash(new { Stage, step.BaseModelSha256, AfterStage2 = from != step.BaseModel, Tasks = kept.Select(StepContext.Identity), examples, options });
        using var loaded = LoadedModel.Load(from);
        var outcome = FineTuning.Train(
            loaded, null, [.. kept.Select(step.Data.For)], examples, options, step.Folder.StageCheckpoint(Stage), identity, step.Reporter, cancellationToken);
        RunFolder.Write(folder, partial =>
        {
            HuggingFaceFolder.Save(partial, loaded.Model, loaded.Prompts.Tokenizer);
            AtomicFile.WriteText(Path.Combine(partial, RunFolder.ResultFile), StepResults.Write(outcome));
        });
        RunFolder.DeleteCheckpoint(step.Folder.StageCheckpoint(Stage));
        return outcome;
    }

    private static async Task MarkHighResourceAsync(
        StepContext step, List<RunTask> kept, IReadOnlyList<bool> highResource, CancellationToken cancellationToken)
    {
        foreach (var task in step.Tasks)
        {
            var place = kept.IndexOf(task);
            var isHigh = place >= 0 && highResource[place];
            if (task.HighResource != isHigh)
                await step.Writer.ChangeTaskAsync(task.TaskId, found => found.HighResource = isHigh, cancellationToken);
        }
    }
}
