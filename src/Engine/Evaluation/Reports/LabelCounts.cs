using Platform.Engine.Tasks;

namespace Platform.Engine.Evaluation.Reports;

/// <summary>Counts of single labels and of types of spans.</summary>
internal static class LabelCounts
{
    /// <summary>The task's labels in its order, then labels that only rows or answers have.</summary>
    public static List<LabelFigures> OfLabels(IReadOnlyList<Prediction> rows, IReadOnlyList<string> labels)
    {
        var expected = rows.CountBy(row => row.Expected.Trim(), StringComparer.Ordinal).ToDictionary();
        var answered = rows.CountBy(row => row.Actual.Trim(), StringComparer.Ordinal).ToDictionary();
        var right = rows.Where(row => row.Expected.Trim() == row.Actual.Trim()).CountBy(row => row.Actual.Trim(), StringComparer.Ordinal).ToDictionary();
        return [.. labels.Select(label => label.Trim()).Concat(expected.Keys).Concat(answered.Keys).Distinct(StringComparer.Ordinal)
            .Select(label => Figures(label, expected.GetValueOrDefault(label), answered.GetValueOrDefault(label), right.GetValueOrDefault(label)))];
    }

    /// <summary>The types of spans, by the same exact match as span F1; none where answers are no lists of spans.</summary>
    public static List<LabelFigures> OfSpans(TaskSpec task, IReadOnlyList<Prediction> rows)
    {
        if (task.Kind is not (TaskKind.Tagging or TaskKind.Extraction) || task.Metric == "token_accuracy")
            return [];
        Dictionary<string, int> expected = [], answered = [], right = [];
        foreach (var row in rows)
        {
            var wanted = TypedSpan.Parse(row.Expected);
            var given = TypedSpan.Parse(row.Actual);
            wanted.ForEach(span => Add(expected, span.Type));
            given.ForEach(span => Add(answered, span.Type));
            foreach (var span in given.Where(wanted.Remove))
                Add(right, span.Type);
        }

        return [.. task.Labels.Select(label => label.Trim()).Concat(expected.Keys).Concat(answered.Keys).Distinct(StringComparer.Ordinal)
            .Select(type => Figures(type, expected.GetValueOrDefault(type), answered.GetValueOrDefault(type), right.GetValueOrDefault(type)))];
    }

    public static List<ConfusionCell> Confusion(IReadOnlyList<Prediction> rows) =>
        [.. rows.CountBy(row => (Expected: row.Expected.Trim(), Answered: row.Actual.Trim()))
            .Select(pair => new ConfusionCell(pair.Key.Expected, pair.Key.Answered, pair.Value))
            .OrderByDescending(cell => cell.Rows).ThenBy(cell => cell.Expected, StringComparer.Ordinal).ThenBy(cell => cell.Answered, StringComparer.Ordinal)];

    private static void Add(Dictionary<string, int> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;

    private static LabelFigures Figures(string label, int support, int answered, int right) => new(
        label, support, answered, right, answered == 0 ? 0 : (double)right / answered, support == 0 ? 0 : (double)right / support,
        support + answered == 0 ? 0 : 2.0 * right / (support + answered));
}
