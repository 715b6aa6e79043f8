using System.Diagnostics;
using Platform.Domain.Artifacts;
using Platform.Domain.Runs;
using Platform.Engine.Checkpoints;
using Platform.Engine.Evaluation;
using Platform.Engine.Generation;
using Platform.Engine.Models;
using Platform.Engine.Tasks;
using Platform.Jobs.Devices;

namespace Platform.Jobs.Runs.Steps;

/// <summary>Every task on its test split with the final weights, beside its dedicated model on the same rows; then the gate.</summary>
internal sealed class EvaluateStep(EngineThread engine, ArtifactStore store) : IRunStepWork
{
    public RunStepKind Kind => RunStepKind.Evaluate;

    public async Task<string> DoAsync(StepContext step, CancellationToken cancellationToken)
    {
        var outcomes = await engine.RunAsync(() => Evaluate(step, cancellationToken), cancellationToken);
        foreach (var outcome in outcomes)
            await step.Writer.ChangeTaskAsync(outcome.TaskId, task => task.Score(new RunTaskScores(
                outcome.SingleScore, outcome.Score, outcome.Low, outcome.High, outcome.DifferenceLow, outcome.DifferenceHigh, outcome.ServedBy)), cancellationToken);
        return StepResults.Write(new EvaluationOutcome(outcomes));
    }

    private List<TaskOutcome> Evaluate(StepContext step, CancellationToken cancellationToken)
    {
        using var loaded = LoadedModel.Load(step.Folder.StageModel(3));
        var adapters = Adapters(step, loaded);
        try
        {
            using var predictor = new Predictor(loaded.Model, loaded.Prompts, adapters);
            return Evaluate(step, predictor, cancellationToken);
        }
        finally
        {
            foreach (var adapter in adapters.Values)
                adapter.Dispose();
        }
    }

    /// <summary>The adapters of isolated tasks by the task's name.</summary>
    private static Dictionary<string, LoraAdapter> Adapters(StepContext step, LoadedModel loaded) => step.Tasks
        .Where(task => task.Decision == TaskDecision.Isolated)
        .ToDictionary(task => task.Task!.Name, task => PeftFolder.Load(step.Folder.AdapterModel(task.Task!.Name), loaded.Model));

    private List<TaskOutcome> Evaluate(StepContext step, Predictor predictor, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var total = step.PlannedExamples;
        List<TaskOutcome> outcomes = [];
        foreach (var task in step.Tasks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var stored = step.Folder.Evaluation(task.Task!.Name);
            var before = outcomes.Sum(outcome => (long)outcome.TestRows);
            if (File.Exists(stored))
                outcomes.Add(StepResults.Read<TaskOutcome>(File.ReadAllText(stored)));
            else
            {
                outcomes.Add(EvaluateTask(step, task, predictor, done => Report(before + done), cancellationToken));
                AtomicFile.WriteText(stored, StepResults.Write(outcomes[^1]));
            }

            Report(outcomes.Sum(outcome => (long)outcome.TestRows));
        }

        return outcomes;

        void Report(long rows) => step.Reporter.Rows(
            rows, total, outcomes.Sum(outcome => outcome.Tokens), TimeSpan.FromMicroseconds(outcomes.Sum(outcome => outcome.DeviceMicroseconds)), watch.Elapsed);
    }

    private TaskOutcome EvaluateTask(
        StepContext step, RunTask task, Predictor predictor, Action<int> rowsDone, CancellationToken cancellationToken)
    {
        var data = step.Data.For(task);
        var isolated = task.Decision == TaskDecision.Isolated;
        var result = Evaluator.Evaluate(predictor, data.Spec, RowSample.Of(data.Test, step.Recipe.TestRowsMax, step.Recipe.Seed), rowsDone, cancellationToken);

        var baseline = step.Result<BaselineOutcome>(RunStepKind.Baseline, task.TaskId)
            ?? throw new InvalidDataException($"{data.Spec.Name} has no baseline to compare with. Plan the run again.");
        var metric = Metric.Parse(data.Spec.Metric, data.Spec.Labels.Count > 0 ? data.Spec.Labels : null);
        var difference = Bootstrap.PairedDifference(metric, result.Predictions, PredictionFile.Read(store, baseline.PredictionsPath), seed: step.Recipe.Seed);
        var judgement = Gate.Judge(difference, task.Task!.Tolerance, result.Predictions.Count);
        return new TaskOutcome(
            task.TaskId, data.Spec.Name, data.Spec.Metric, result.Score, result.Interval.Low, result.Interval.High, baseline.TestScore,
            difference.Value, difference.Low, difference.High, result.Predictions.Count, isolated ? ServedBy.Adapter : ServedBy.Shared,
            EngineMapping.Verdict(judgement.Verdict), judgement.Sentence, result.Tokens, (long)result.DeviceTime.TotalMicroseconds);
    }
}
