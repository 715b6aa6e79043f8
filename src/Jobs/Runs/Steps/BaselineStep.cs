using Platform.Domain.Artifacts;
using Platform.Domain.Runs;
using Platform.Engine.Evaluation;
using Platform.Engine.Evaluation.Calibration;
using Platform.Engine.Generation;
using Platform.Engine.Tasks;
using Platform.Jobs.Devices;
using Platform.Method;

namespace Platform.Jobs.Runs.Steps;

/// <summary>A task's dedicated model: the base, fine-tuned on this one task with as many examples as the mixture gives it, and measured.</summary>
internal sealed class BaselineStep(EngineThread engine, ArtifactStore store, BaselineCache cache, TimeProvider clock) : IRunStepWork
{
    private sealed record Measured(TrainingOutcome Training, double ValidationScore, TemperatureFit? Fit, EvaluationResult Test);

    public RunStepKind Kind => RunStepKind.Baseline;

    public async Task<string> DoAsync(StepContext step, CancellationToken cancellationToken)
    {
        var task = step.OneTask;
        var identity = StepResults.Hash(new
        {
            Task = StepContext.Identity(task),
            step.BaseModelSha256,
            Examples = step.PlannedExamples,
            step.Recipe.Evaluation.TestRowsMax,
            Lora = EngineMapping.WholeAdapter(step.Recipe),
            Options = EngineMapping.Training(step.Recipe) with { CheckpointInterval = TimeSpan.Zero },
        });
        var known = await cache.FindAsync(task.DatasetVersionId, step.BaseModelSha256, identity, cancellationToken);
        if (known is not null && await StoredPredictions.FindAsync(store, known.PredictionsPath, cancellationToken) is not null)
            step.Reporter.Note($"{task.Task!.Name}: its dedicated model was measured before with the same data, base model and recipe; the result is used again.");
        else
            known = null;
        var reused = known is not null;
        known ??= await MeasureAsync(step, task, identity, cancellationToken);

        await step.Writer.ChangeTaskAsync(task.TaskId, found => found.SingleScore = known.TestScore, cancellationToken);
        RunFolder.DeleteCheckpoint(step.Folder.BaselineCheckpoint(task.Task!.Name));
        return StepResults.Write(new BaselineOutcome(
            known.TestScore, known.ValidationScore, known.PredictionsPath, known.Examples, known.Tokens, known.DeviceMicroseconds, reused, known.PeakBytes));
    }

    private async Task<BaselineResult> MeasureAsync(StepContext step, RunTask task, string identity, CancellationToken cancellationToken)
    {
        var measured = await engine.RunAsync(() => Measure(step, task, identity, cancellationToken), cancellationToken);
        var predictionsPath = await StoredPredictions.StoreAsync(
            store, EngineMapping.Spec(task.Task!), new AnsweredSplit(measured.Test.Predictions, measured.Fit), cancellationToken);
        return await cache.StoreAsync(
            new BaselineResult
            {
                TaskId = task.TaskId,
                DatasetVersionId = task.DatasetVersionId,
                BaseModelHash = step.BaseModelSha256,
                RecipeHash = identity,
                ValidationScore = measured.ValidationScore,
                TestScore = measured.Test.Score,
                PredictionsPath = predictionsPath,
                DeviceMicroseconds = measured.Training.DeviceMicroseconds,
                Tokens = measured.Training.Tokens,
                Examples = measured.Training.Examples,
                PeakBytes = measured.Training.PeakBytes,
                CreatedAt = clock.GetUtcNow(),
            }, cancellationToken);
    }

    private static Measured Measure(StepContext step, RunTask task, string identity, CancellationToken cancellationToken)
    {
        var data = step.Data.For(task);
        using var loaded = LoadedModel.Load(step.BaseModel);
        var training = FineTuning.TrainWhole(
            loaded, step.Recipe, [data], [step.PlannedExamples], EngineMapping.Training(step.Recipe),
            step.Folder.BaselineCheckpoint(data.Spec.Name), identity, step.Reporter, cancellationToken);
        using var predictor = new Predictor(loaded.Model, loaded.Prompts);
        var validation = Evaluator.Evaluate(predictor, data.Spec, RowSample.Of(data.Validation, step.Recipe.Validation.RowsMax, step.Recipe.Seed), null, cancellationToken);
        var test = Evaluator.Evaluate(predictor, data.Spec, RowSample.Of(data.Test, step.Recipe.Evaluation.TestRowsMax, step.Recipe.Seed), null, cancellationToken);
        step.Reporter.Spend(validation.Tokens + test.Tokens, validation.DeviceTime + test.DeviceTime);
        step.Reporter.Point("validation_score", data.Spec.Name, training.Examples, validation.Score);
        var fit = data.Spec.IsClosed ? TemperatureFit.Fit(validation.Predictions, data.Spec.Labels) : null;
        return new Measured(training, validation.Score, fit, test);
    }
}
