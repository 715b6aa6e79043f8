using System.Diagnostics.CodeAnalysis;

namespace Platform.Engine.Evaluation;

/// <summary>
/// How a task is judged: a number that is 1 for perfect answers and higher for better ones. All metrics lie in 0..1, but
/// for matthews, pearson and spearman, which lie in -1..1. An invalid answer (not a label, not a number) counts as wrong. Where a
/// closed form is 0 / 0 the metric is 0, and a sample without the thing measured does not fail.
/// </summary>
/// <remarks>
/// The definitions, with their sources, are on the classes that compute them: <see cref="LabelScores"/>,
/// <see cref="CorrelationScores"/>, <see cref="SpanScores"/>, <see cref="MatchScores"/>, <see cref="OverlapScores"/>,
/// <see cref="RougeScores"/> and <see cref="SariScores"/>.
/// </remarks>
public sealed class Metric
{
    private const string F1Prefix = "f1:";
    private const string MeanF1Prefix = "mean_f1:";

    private readonly Func<IReadOnlyList<Prediction>, RowScores> _prepare;

    private Metric(string name, Func<IReadOnlyList<Prediction>, RowScores> prepare) => (Name, _prepare) = (name, prepare);

    /// <summary>Every name that can be parsed; words in angle brackets stand for a label of the task.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "accuracy", "macro_f1", "micro_f1", "weighted_f1", "f1:<label>", "mean_f1:<label>,<label>", "macro_recall", "matthews",
        "pearson", "spearman", "span_f1", "token_accuracy", "exact_match", "exact_match_number", "bleu", "chrf", "rouge_1",
        "rouge_2", "rouge_l", "gleu", "sari",
    ];

    /// <summary>The metric's name as task.json writes it, with its labels where it has any.</summary>
    public string Name { get; }

    /// <summary>The metric of that name; throws an <see cref="ArgumentException"/> with the problem in words.</summary>
    /// <param name="name">One of <see cref="Names"/>, with real labels in place of those in angle brackets.</param>
    /// <param name="labels">The task's labels; without them, the labels that the predictions expect are the valid ones.</param>
    public static Metric Parse(string name, IReadOnlyList<string>? labels = null) =>
        TryParse(name, labels, out var metric, out var problem) ? metric : throw new ArgumentException(problem, nameof(name));

    /// <summary>Like <see cref="Parse"/>, for names that people write: says in words what is wrong instead of throwing.</summary>
    public static bool TryParse(
        string? name,
        IReadOnlyList<string>? labels,
        [NotNullWhen(true)] out Metric? metric,
        [NotNullWhen(false)] out string? problem)
    {
        name = name?.Trim() ?? "";
        metric = null;
        var named = NamedLabels(name);
        problem = named is null ? null : LabelProblem(name, named, labels);
        if (problem is not null) return false;

        var prepare = named is null ? Plain(name, labels) : LabelScores.MeanF1(labels, named);
        if (prepare is null)
        {
            problem = $"The metric '{name}' does not exist. Use one of: {string.Join(", ", Names)}.";
            return false;
        }
        metric = new Metric(name, prepare);
        return true;
    }

    /// <summary>The metric over all predictions. Throws an <see cref="ArgumentException"/> when there are none.</summary>
    public double Score(IReadOnlyList<Prediction> predictions) => Prepare(predictions).ScoreAll();

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Does the work on text once, for scores over many samples of the same rows.</summary>
    internal RowScores Prepare(IReadOnlyList<Prediction> predictions)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        return predictions.Count > 0
            ? _prepare(predictions)
            : throw new ArgumentException($"The metric {Name} needs at least one prediction.", nameof(predictions));
    }

    private static Func<IReadOnlyList<Prediction>, RowScores>? Plain(string name, IReadOnlyList<string>? labels) => name switch
    {
        "accuracy" or "micro_f1" => LabelScores.Accuracy(labels),
        "macro_f1" => LabelScores.MacroF1(labels),
        "weighted_f1" => LabelScores.WeightedF1(labels),
        "macro_recall" => LabelScores.MacroRecall(labels),
        "matthews" => LabelScores.Matthews(labels),
        "pearson" => CorrelationScores.Pearson,
        "spearman" => CorrelationScores.Spearman,
        "span_f1" => SpanScores.SpanF1,
        "token_accuracy" => SpanScores.TokenAccuracy,
        "exact_match" => MatchScores.ExactMatch,
        "exact_match_number" => MatchScores.ExactMatchNumber,
        "bleu" => OverlapScores.Bleu,
        "chrf" => OverlapScores.Chrf,
        "rouge_1" => RougeScores.Rouge1,
        "rouge_2" => RougeScores.Rouge2,
        "rouge_l" => RougeScores.RougeL,
        "gleu" => OverlapScores.Gleu,
        "sari" => SariScores.Sari,
        _ => null,
    };

    // f1 takes one label, which may hold commas; mean_f1 splits at them.
    private static string[]? NamedLabels(string name)
    {
        if (name.StartsWith(F1Prefix, StringComparison.Ordinal)) return [name[F1Prefix.Length..].Trim()];
        return name.StartsWith(MeanF1Prefix, StringComparison.Ordinal)
            ? name[MeanF1Prefix.Length..].Split(',', StringSplitOptions.TrimEntries)
            : null;
    }

    private static string? LabelProblem(string name, string[] named, IReadOnlyList<string>? labels)
    {
        if (named.Contains("")) return $"The metric '{name}' lacks a label. Write it like f1:spam or mean_f1:for,against.";
        if (named.Distinct().Count() < named.Length) return $"The metric '{name}' names a label twice. Name each label once.";
        var unknown = labels is null ? null : named.FirstOrDefault(label => !labels.Any(known => known.Trim() == label));
        return unknown is null
            ? null
            : $"The metric '{name}' names '{unknown}', which is not a label of the task. Its labels are: {string.Join(", ", labels!)}.";
    }
}
