using System.Diagnostics;
using Platform.Engine.Generation;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Training;

namespace Platform.Engine.Evaluation;

/// <summary>How a model did on a split.</summary>
/// <param name="Score">The metric on all rows.</param>
/// <param name="Interval">Its 95 % bootstrap interval.</param>
/// <param name="Predictions">Every row with its answer, for paired comparisons.</param>
/// <param name="Tokens">Tokens processed.</param>
/// <param name="DeviceTime">Time spent computing.</param>
public sealed record EvaluationResult(double Score, Interval Interval, IReadOnlyList<Prediction> Predictions, long Tokens, TimeSpan DeviceTime);

/// <summary>Measures models on rows that they were not trained on.</summary>
public static class Evaluator
{
    private const int ChunkRows = 256; // between two reports of progress

    /// <summary>Answers every row exactly as serving would and scores the answers. Inputs that are too long are cut.</summary>
    /// <param name="predictor">The model.</param>
    /// <param name="task">The task.</param>
    /// <param name="rows">Rows of a split, at least one.</param>
    /// <param name="rowsDone">Receives the number of rows answered so far, or null.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    public static EvaluationResult Evaluate(
        Predictor predictor, TaskSpec task, IReadOnlyList<Example> rows, Action<int>? rowsDone, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        ArgumentNullException.ThrowIfNull(task);
        var clock = Stopwatch.StartNew();
        var predictions = new List<Prediction>(rows.Count);
        var tokens = 0L;
        foreach (var chunk in rows.Chunk(ChunkRows))
        {
            var answers = predictor.Predict([.. chunk.Select(r => new PredictionInput(task, r.Text, r.Text2))], truncate: true, cancellationToken);
            predictions.AddRange(chunk.Zip(answers, (row, answer) => new Prediction(
                row.Id, row.Text, row.Output, answer.Output, row.References, Score: answer.Score, Probabilities: Probabilities(task, answer), Input2: row.Text2)));
            tokens += answers.Sum(a => (long)a.PromptTokens + a.CompletionTokens);
            rowsDone?.Invoke(predictions.Count);
        }

        var deviceTime = clock.Elapsed;
        var metric = Metric.Parse(task.Metric, task.Labels.Count > 0 ? task.Labels : null);
        var interval = Bootstrap.Interval(metric, predictions);
        return new EvaluationResult(interval.Value, interval, predictions, tokens, deviceTime);
    }

    /// <summary>Mean loss per answer token of each row, nats.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Builds the prompts.</param>
    /// <param name="task">The task.</param>
    /// <param name="rows">Rows of a split.</param>
    /// <param name="maxTokens">Where rows are cut.</param>
    public static double[] RowLosses(CausalLanguageModel model, PromptBuilder prompts, TaskSpec task, IReadOnlyList<Example> rows, int maxTokens)
    {
        ArgumentNullException.ThrowIfNull(model);
        var limit = Math.Min(maxTokens, model.Config.ContextTokens);
        return AnswerLoss.RowLosses(model, TokenizedTask.Create(prompts, task, rows, limit, LongRows.Truncate).Rows);
    }

    /// <summary>Mean over rows of <see cref="RowLosses"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Builds the prompts.</param>
    /// <param name="task">The task.</param>
    /// <param name="rows">Rows of a split.</param>
    /// <param name="maxTokens">Where rows are cut.</param>
    public static double Loss(CausalLanguageModel model, PromptBuilder prompts, TaskSpec task, IReadOnlyList<Example> rows, int maxTokens) =>
        RowLosses(model, prompts, task, rows, maxTokens).Average();

    private static float[]? Probabilities(TaskSpec task, Answer answer)
    {
        if (answer.Alternatives.Count == 0)
            return null;
        var byLabel = answer.Alternatives.ToDictionary(one => one.Output, one => (float)one.Probability, StringComparer.Ordinal);
        return [.. task.Labels.Select(label => byLabel[label])];
    }
}
