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
    private const string TestFile = "test.jsonl";

    /// <param name="Tokens">Tokens processed.</param>
    private sealed record Answered(long Tokens, long DeviceMicroseconds);

    public RunStepKind Kind => RunStepKind.Evaluate;

    public async Task<string> DoAsync(StepContext step, CancellationToken cancellationToken)
    {
        var answered = await engine.RunAsync(() => Answer(step, cancellationToken), cancellationToken);
        List<TaskOutcome> outcomes = [];
        foreach (var (task, spent) in step.Tasks.Zip(answered))
        {
            var outcome = await JudgeAsync(step, task, spent, cancellationToken);
            outcomes.Add(outcome);
            await step.Writer.ChangeTaskAsync(outcome.TaskId, found => found.Score(new RunTaskScores(
                outcome.SingleScore, outcome.Score, outcome.Low, outcome.High, outcome.DifferenceLow, outcome.DifferenceHigh, outcome.ServedBy)), cancellationToken);
        }

        return StepResults.Write(new EvaluationOutcome(outcomes));
    }

    private static List<Answered> Answer(StepContext step, CancellationToken cancellationToken)
    {
        using var loaded = LoadedModel.Load(step.Folder.StageModel(3));
        var adapters = Adapters(step, loaded);
        try
        {
            using var predictor = new Predictor(loaded.Model, loaded.Prompts, adapters);
            return Answer(step, predictor, cancellationToken);
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

    private static List<Answered> Answer(StepContext step, Predictor predictor, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var total = step.PlannedExamples;
        var rowsBefore = 0L;
        List<Answered> answered = [];
        foreach (var task in step.Tasks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var data = step.Data.For(task);
            var rows = RowSample.Of(data.Test, step.Recipe.TestRowsMax, step.Recipe.Seed);
            var folder = step.Folder.Evaluation(data.Spec.Name);
            var result = Path.Combine(folder, RunFolder.ResultFile);
            if (!File.Exists(result))
                RunFolder.Write(folder, partial => Answer(predictor, data.Spec, rows, partial, done => Report(rowsBefore + done), cancellationToken));
            answered.Add(StepResults.Read<Answered>(File.ReadAllText(result)));
            Report(rowsBefore += rows.Count);
        }

        return answered;

        void Report(long rows) => step.Reporter.Rows(
            rows, total, answered.Sum(one => one.Tokens), TimeSpan.FromMicroseconds(answered.Sum(one => one.DeviceMicroseconds)), watch.Elapsed);
    }

    private static void Answer(
        Predictor predictor, TaskSpec task, IReadOnlyList<Example> rows, string folder, Action<int> rowsDone, CancellationToken cancellationToken)
    {
        var test = Evaluator.Evaluate(predictor, task, rows, rowsDone, cancellationToken);
        PredictionFile.Write(Path.Combine(folder, TestFile), test.Predictions);
        AtomicFile.WriteText(Path.Combine(folder, RunFolder.ResultFile), StepResults.Write(new Answered(test.Tokens, (long)test.DeviceTime.TotalMicroseconds)));
    }

    private async Task<TaskOutcome> JudgeAsync(StepContext step, RunTask task, Answered spent, CancellationToken cancellationToken)
    {
        var spec = EngineMapping.Spec(task.Task!);
        var predictions = PredictionFile.Read(Path.Combine(step.Folder.Evaluation(spec.Name), TestFile));
        var baseline = step.Result<BaselineOutcome>(RunStepKind.Baseline, task.TaskId)
            ?? throw new InvalidDataException($"{spec.Name} has no baseline to compare with. Plan the run again.");
        var metric = Metric.Parse(spec.Metric, spec.Labels.Count > 0 ? spec.Labels : null);
        var score = Bootstrap.Interval(metric, predictions);
        var difference = Bootstrap.PairedDifference(metric, predictions, PredictionFile.Read(store, baseline.PredictionsPath), seed: step.Recipe.Seed);
        var judgement = Gate.Judge(difference, task.Task!.Tolerance, predictions.Count);
        return new TaskOutcome(
            task.TaskId, spec.Name, spec.Metric, score.Value, score.Low, score.High, baseline.TestScore,
            difference.Value, difference.Low, difference.High, predictions.Count, task.Decision == TaskDecision.Isolated ? ServedBy.Adapter : ServedBy.Shared,
            EngineMapping.Verdict(judgement.Verdict), judgement.Sentence, spent.Tokens, spent.DeviceMicroseconds,
            await PredictionFile.StoreAsync(store, spec, predictions, cancellationToken), baseline.PredictionsPath);
    }
}
