using System.Diagnostics;
using Platform.Domain.Runs;
using Platform.Engine.Checkpoints;
using Platform.Engine.Evaluation;
using Platform.Engine.Evaluation.Calibration;
using Platform.Engine.Generation;
using Platform.Engine.Models;
using Platform.Engine.Tasks;
using Platform.Jobs.Devices;

namespace Platform.Jobs.Runs.Steps;

/// <summary>Every task on its test split with the final weights, beside its dedicated model on the same rows; then the gate.</summary>
internal sealed class EvaluateStep(EngineThread engine, TaskJudge judge) : IRunStepWork
{
    /// <param name="Tokens">Tokens processed.</param>
    private sealed record Spent(long Tokens, long DeviceMicroseconds);

    public RunStepKind Kind => RunStepKind.Evaluate;

    public async Task<string> DoAsync(StepContext step, CancellationToken cancellationToken)
    {
        var spent = await engine.RunAsync(() => Answer(step, cancellationToken), cancellationToken);
        List<JudgedTask> judged = [];
        foreach (var task in step.Tasks)
            judged.Add(await judge.JudgeAsync(step, task, PredictionFolder.Read(step.Folder.Evaluation(task.Task!.Name)), cancellationToken));

        List<TaskOutcome> outcomes = [];
        foreach (var (task, cost) in TaskJudge.Together(judged).Zip(spent))
        {
            var outcome = await judge.StoreAsync(task, cost.Tokens, cost.DeviceMicroseconds, cancellationToken);
            outcomes.Add(outcome);
            await step.Writer.ChangeTaskAsync(outcome.TaskId, found => found.Score(new RunTaskScores(
                outcome.SingleScore, outcome.Score, outcome.Low, outcome.High, outcome.DifferenceLow, outcome.DifferenceHigh, outcome.ServedBy)), cancellationToken);
        }

        return StepResults.Write(new EvaluationOutcome(outcomes));
    }

    private static List<Spent> Answer(StepContext step, CancellationToken cancellationToken)
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

    private static List<Spent> Answer(StepContext step, Predictor predictor, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var total = step.PlannedExamples;
        var rowsBefore = 0L;
        List<Spent> spent = [];
        foreach (var task in step.Tasks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rows = RowSample.Of(step.Data.For(task).Test, step.Recipe.Evaluation.TestRowsMax, step.Recipe.Seed);
            var folder = step.Folder.Evaluation(task.Task!.Name);
            var result = Path.Combine(folder, RunFolder.ResultFile);
            if (!File.Exists(result))
                RunFolder.Write(folder, partial => Answer(step, task, predictor, rows, partial, done => Report(rowsBefore + done), cancellationToken));
            spent.Add(StepResults.Read<Spent>(File.ReadAllText(result)));
            Report(rowsBefore += rows.Count);
        }

        return spent;

        void Report(long rows) => step.Reporter.Rows(
            rows, total, spent.Sum(one => one.Tokens), TimeSpan.FromMicroseconds(spent.Sum(one => one.DeviceMicroseconds)), watch.Elapsed);
    }

    /// <summary>Answers the test rows, and, where the recipe calibrates, of tasks with labels the validation rows too: those fit the temperature.</summary>
    private static void Answer(
        StepContext step, RunTask task, Predictor predictor, IReadOnlyList<Example> rows, string folder, Action<int> rowsDone, CancellationToken cancellationToken)
    {
        var data = step.Data.For(task);
        var test = Evaluator.Evaluate(predictor, data.Spec, rows, rowsDone, cancellationToken);
        var (tokens, time) = (test.Tokens, test.DeviceTime);
        TemperatureFit? fit = null;
        if (data.Spec.IsClosed && step.Recipe.Evaluation.Calibrate)
        {
            var validation = Evaluator.Evaluate(
                predictor, data.Spec, RowSample.Of(data.Validation, step.Recipe.Validation.RowsMax, step.Recipe.Seed), null, cancellationToken);
            (tokens, time) = (tokens + validation.Tokens, time + validation.DeviceTime);
            fit = TemperatureFit.Fit(validation.Predictions, data.Spec.Labels);
        }

        PredictionFolder.Write(folder, data.Spec, new AnsweredSplit(test.Predictions, fit));
        AtomicFile.WriteText(Path.Combine(folder, RunFolder.ResultFile), StepResults.Write(new Spent(tokens, (long)time.TotalMicroseconds)));
    }
}
