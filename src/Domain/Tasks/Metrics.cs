namespace Platform.Domain.Tasks;

/// <summary>The metrics of a task, and which kinds of task each can judge.</summary>
public static class Metrics
{
    private const string F1 = "f1:";
    private const string MeanF1 = "mean_f1:";

    private static readonly TaskKind[] Labelled = [TaskKind.Classification, TaskKind.PairClassification, TaskKind.MultipleChoice];
    private static readonly TaskKind[] Spans = [TaskKind.Tagging, TaskKind.Extraction];
    private static readonly TaskKind[] Free = [TaskKind.Generation, TaskKind.Extraction];

    private static readonly Dictionary<string, TaskKind[]> Kinds = new(StringComparer.Ordinal)
    {
        ["accuracy"] = Labelled,
        ["macro_f1"] = Labelled,
        ["micro_f1"] = Labelled,
        ["weighted_f1"] = Labelled,
        [F1] = Labelled,
        [MeanF1] = Labelled,
        ["macro_recall"] = Labelled,
        ["matthews"] = Labelled,
        ["pearson"] = [TaskKind.Similarity],
        ["spearman"] = [TaskKind.Similarity],
        ["span_f1"] = Spans,
        ["token_accuracy"] = [TaskKind.Tagging],
        ["exact_match"] = [TaskKind.Tagging, TaskKind.Extraction, TaskKind.Generation],
        ["exact_match_number"] = [TaskKind.Generation],
        ["bleu"] = Free,
        ["chrf"] = Free,
        ["rouge_1"] = Free,
        ["rouge_2"] = Free,
        ["rouge_l"] = Free,
        ["gleu"] = Free,
        ["sari"] = [TaskKind.Generation],
    };

    /// <summary>What a form offers for a kind; <c>f1:</c> and <c>mean_f1:</c> want labels behind the colon.</summary>
    public static IReadOnlyList<string> For(TaskKind kind) => [.. Kinds.Where(pair => pair.Value.Contains(kind)).Select(pair => pair.Key)];

    public static bool IsKnown(string metric) => Kinds.ContainsKey(Family(metric));

    public static bool Fits(string metric, TaskKind kind) => Kinds.TryGetValue(Family(metric), out var kinds) && kinds.Contains(kind);

    /// <summary>The labels that <c>f1:&lt;label&gt;</c> or <c>mean_f1:&lt;label&gt;,&lt;label&gt;</c> names; none for other metrics.</summary>
    public static IReadOnlyList<string> LabelsIn(string metric) =>
        metric.StartsWith(MeanF1, StringComparison.Ordinal) ? metric[MeanF1.Length..].Split(',', StringSplitOptions.TrimEntries)
        : metric.StartsWith(F1, StringComparison.Ordinal) ? [metric[F1.Length..].Trim()]
        : [];

    private static string Family(string metric) =>
        metric.StartsWith(MeanF1, StringComparison.Ordinal) ? MeanF1
        : metric.StartsWith(F1, StringComparison.Ordinal) ? F1
        : metric;
}
