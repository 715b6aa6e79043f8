using Platform.Domain.Artifacts;
using Platform.Domain.Runs;
using Platform.Engine.Checkpoints;
using Platform.Engine.MultiTask;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;
using Platform.Engine.Training;
using Platform.Jobs.Devices;
using Platform.Method;
using Platform.Method.Outside;

namespace Platform.Jobs.Runs.Steps;

/// <summary>
/// Stage 0: the texts of all tasks, from the base. Stage 2: the high-resource tasks. Stage 3: all kept tasks. Each begins with the weights of the stage before it.
/// A stage that was trained elsewhere is taken from the artifact store instead.
/// </summary>
internal sealed class StageStep(RunStepKind kind, EngineThread engine, ArtifactStore store) : IRunStepWork
{
    private const int MeasuredTexts = 200; // of each task, to tell how many texts a number of tokens is
    private const int MostTextEpochs = 8;

    public RunStepKind Kind => kind;

    private int Stage => kind switch
    {
        RunStepKind.Stage0 => 0,
        RunStepKind.Stage2 => 2,
        _ => 3,
    };

    public async Task<string> DoAsync(StepContext step, CancellationToken cancellationToken)
    {
        if (Stage == 0)
            return StepResults.Write(await engine.RunAsync(() => Train(step, [.. step.Tasks], null, EngineMapping.TextTraining(step.Recipe), cancellationToken), cancellationToken));

        List<RunTask> kept = [.. step.Kept];
        var mixture = RunPlan.KeptMixture(step.Recipe, step.Tasks);
        await MarkHighResourceAsync(step, kept, mixture.HighResource, cancellationToken);

        var examples = Stage == 2 ? mixture.Stage2Examples : mixture.Stage3Examples;
        if (OutsideTraining.Parse(step.Run.OutsideJson) is { } outside && outside.Stage >= Stage)
            return StepResults.Write(await TakeAsync(step, outside, kept, examples, cancellationToken));
        if (examples.Sum() == 0)
        {
            await step.Writer.NoteAsync($"Stage {Stage} has nothing to do: no task takes part in it.", cancellationToken);
            return StepResults.Write(TrainingOutcome.Nothing);
        }

        var outcome = await engine.RunAsync(() => Train(step, kept, examples, EngineMapping.StageTraining(step.Recipe, Stage, mixture), cancellationToken), cancellationToken);
        return StepResults.Write(outcome);
    }

    /// <summary>What was trained elsewhere becomes this stage's result; of a stage before it there is none.</summary>
    private async Task<TrainingOutcome> TakeAsync(StepContext step, OutsideTraining outside, List<RunTask> kept, IReadOnlyList<long> examples, CancellationToken cancellationToken)
    {
        if (outside.Stage > Stage)
        {
            await step.Writer.NoteAsync($"Stage {Stage} was not trained here: what was brought back is the result of stage {outside.Stage}.", cancellationToken);
            return TrainingOutcome.Nothing;
        }

        var whole = await store.VerifyAsync(outside.ArtifactPath, outside.Sha256, cancellationToken);
        if (whole.IsFailure)
            throw new StorageException(whole.Error);
        using var files = await StoredFiles.OpenAsync(store, outside.ArtifactPath, cancellationToken);
        var model = Path.Combine(files.Path, RunImport.ModelFolder);
        RunFolder.Write(step.Folder.StageModel(Stage), partial =>
        {
            foreach (var file in Directory.GetFiles(model))
                File.Copy(file, Path.Combine(partial, Path.GetFileName(file)));
        });
        await step.Writer.NoteAsync(outside.Sentence, cancellationToken);
        return TrainingOutcome.Nothing with
        {
            PlannedByTask = kept.Zip(examples).Where(part => part.Second > 0).ToDictionary(part => part.First.Task!.Name, part => part.Second),
        };
    }

    /// <param name="examples">Null: as many texts as the recipe's tokens are.</param>
    private TrainingOutcome Train(StepContext step, List<RunTask> tasks, IReadOnlyList<long>? examples, TrainingOptions options, CancellationToken cancellationToken)
    {
        var folder = step.Folder.StageModel(Stage);
        var stored = Path.Combine(folder, RunFolder.ResultFile);
        if (File.Exists(stored))
            return StepResults.Read<TrainingOutcome>(File.ReadAllText(stored));

        var before = Enumerable.Range(0, Stage).Reverse().Cast<int?>().FirstOrDefault(stage => Directory.Exists(step.Folder.StageModel(stage!.Value)));
        using var loaded = LoadedModel.Load(before is { } earlier ? step.Folder.StageModel(earlier) : step.BaseModel);
        List<TaskData> data = [.. tasks.Select(step.Data.For)];
        examples ??= TextsOf(step.Recipe.Stage0.Tokens, data, loaded.Prompts.Tokenizer);
        var identity = StepResults.Hash(new
        {
            Stage, After = before, step.BaseModelSha256, Tasks = tasks.Select(StepContext.Identity), examples, options, Lora = EngineMapping.WholeAdapter(step.Recipe),
        });
        var outcome = FineTuning.TrainWhole(
            loaded, step.Recipe, data, examples, options, step.Folder.StageCheckpoint(Stage), identity, step.Reporter, cancellationToken);
        RunFolder.Write(folder, partial =>
        {
            HuggingFaceFolder.Save(partial, loaded.Model, loaded.Prompts.Tokenizer);
            AtomicFile.WriteText(Path.Combine(partial, RunFolder.ResultFile), StepResults.Write(outcome));
        });
        RunFolder.DeleteCheckpoint(step.Folder.StageCheckpoint(Stage));
        return outcome;
    }

    /// <summary>How many texts of each task make up a number of tokens: by the tasks' sizes, flattened, as stage 2 mixes.</summary>
    private static IReadOnlyList<long> TextsOf(long tokens, List<TaskData> tasks, Tokenizer tokenizer)
    {
        var lengths = tasks.Select(task => task.Train.Take(MeasuredTexts).Average(row => (double)tokenizer.Encode(row.Text + row.Text2, allowSpecial: false).Length)).ToList();
        var shares = Mixing.Proportional([.. tasks.Select(task => task.Train.Count)]);
        var texts = Math.Max(1, (long)(tokens / shares.Zip(lengths, (share, length) => share * Math.Max(1, length)).Sum()));
        return Mixing.ByExamples(shares, texts, [.. tasks.Select(task => task.Train.Count)], MostTextEpochs);
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
