namespace Platform.Engine.Evaluation;

/// <summary>How often each label was expected, answered and right in a sample. The last cell of Answered holds invalid answers.</summary>
internal sealed record LabelTally(double[] Expected, double[] Answered, double[] Right, double Rows)
{
    /// <summary>2 TP / (2 TP + FP + FN), which is the harmonic mean of precision and recall; 0 where it is 0 / 0.</summary>
    public double F1(int label)
    {
        var sizes = Expected[label] + Answered[label];
        return sizes == 0 ? 0 : 2 * Right[label] / sizes;
    }
}

/// <summary>
/// Metrics of tasks with one label per row, by scikit-learn's definitions (sklearn.metrics, labels = the valid ones). A valid
/// answer is a label of the task or one that some row expects, spelled exactly so but for outer white space. Any other answer
/// is a miss for the expected label and a hit for none.
/// </summary>
internal sealed class LabelScores : RowScores
{
    private readonly int[] _expected, _actual;
    private readonly int _labels;
    private readonly Func<LabelTally, double> _finish;

    private LabelScores(int[] expected, int[] actual, int labels, Func<LabelTally, double> finish)
        : base(expected.Length) => (_expected, _actual, _labels, _finish) = (expected, actual, labels, finish);

    public override double Score(ReadOnlySpan<int> times)
    {
        var tally = new LabelTally(new double[_labels], new double[_labels + 1], new double[_labels], Rows: Sum(times));
        for (var row = 0; row < times.Length; row++)
        {
            tally.Expected[_expected[row]] += times[row];
            tally.Answered[_actual[row]] += times[row];
            if (_expected[row] == _actual[row]) tally.Right[_actual[row]] += times[row];
        }
        return _finish(tally);
    }

    /// <summary>Right answers / rows. For one label per row, micro-averaged F1 is the same number.</summary>
    public static Func<IReadOnlyList<Prediction>, RowScores> Accuracy(IReadOnlyList<string>? labels) =>
        rows => Prepare(rows, labels, _ => tally => tally.Right.Sum() / tally.Rows);

    /// <summary>The plain mean of F1 over the labels that were expected or validly answered (f1_score, average="macro").</summary>
    public static Func<IReadOnlyList<Prediction>, RowScores> MacroF1(IReadOnlyList<string>? labels) =>
        rows => Prepare(rows, labels, _ => tally => MeanOver(
            tally, label => tally.Expected[label] + tally.Answered[label] > 0, tally.F1));

    /// <summary>The mean of F1 over labels, weighted by how often each is expected (average="weighted").</summary>
    public static Func<IReadOnlyList<Prediction>, RowScores> WeightedF1(IReadOnlyList<string>? labels) =>
        rows => Prepare(rows, labels, _ => tally =>
            tally.Expected.Select((count, label) => count * tally.F1(label)).Sum() / tally.Rows);

    /// <summary>The plain mean of recall over the labels that were expected (balanced_accuracy_score).</summary>
    public static Func<IReadOnlyList<Prediction>, RowScores> MacroRecall(IReadOnlyList<string>? labels) =>
        rows => Prepare(rows, labels, _ => tally => MeanOver(
            tally, label => tally.Expected[label] > 0, label => tally.Right[label] / tally.Expected[label]));

    /// <summary>The plain mean of F1 over the named labels (average="macro", labels=[...]); with one label, its F1.</summary>
    public static Func<IReadOnlyList<Prediction>, RowScores> MeanF1(IReadOnlyList<string>? labels, IReadOnlyList<string> named) =>
        rows => Prepare(rows, labels is null ? named : [.. labels, .. named], codes =>
        {
            var chosen = named.Select(label => codes[label.Trim()]).ToArray();
            return tally => chosen.Average(tally.F1);
        });

    /// <summary>
    /// Matthews' correlation for any number of labels: (c s - sum p_k t_k) / sqrt((s^2 - sum p_k^2) (s^2 - sum t_k^2))
    /// (Gorodkin, Computational Biology and Chemistry 2004; matthews_corrcoef). All invalid answers together are one further
    /// label that is never expected. 0 when all answers, or all expected labels, are the same.
    /// </summary>
    public static Func<IReadOnlyList<Prediction>, RowScores> Matthews(IReadOnlyList<string>? labels) =>
        rows => Prepare(rows, labels, _ => MatthewsOf);

    private static double MatthewsOf(LabelTally tally)
    {
        double products = 0, answered = tally.Answered[^1] * tally.Answered[^1], expected = 0;
        for (var label = 0; label < tally.Expected.Length; label++)
        {
            products += tally.Answered[label] * tally.Expected[label];
            answered += tally.Answered[label] * tally.Answered[label];
            expected += tally.Expected[label] * tally.Expected[label];
        }
        var squared = tally.Rows * tally.Rows;
        var scale = Math.Sqrt(squared - answered) * Math.Sqrt(squared - expected);
        return scale == 0 ? 0 : ((tally.Right.Sum() * tally.Rows) - products) / scale;
    }

    private static LabelScores Prepare(
        IReadOnlyList<Prediction> rows,
        IReadOnlyList<string>? labels,
        Func<Dictionary<string, int>, Func<LabelTally, double>> finish)
    {
        var codes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var label in (labels ?? []).Concat(rows.Select(row => row.Expected)))
            codes.TryAdd(label.Trim(), codes.Count);
        return new LabelScores(
            [.. rows.Select(row => codes[row.Expected.Trim()])],
            [.. rows.Select(row => codes.GetValueOrDefault(row.Actual.Trim(), codes.Count))],
            codes.Count,
            finish(codes));
    }

    private static double MeanOver(LabelTally tally, Func<int, bool> counts, Func<int, double> value)
    {
        double sum = 0;
        var counted = 0;
        for (var label = 0; label < tally.Expected.Length; label++)
        {
            if (!counts(label)) continue;
            sum += value(label);
            counted++;
        }
        return sum / counted;
    }

    private static int Sum(ReadOnlySpan<int> times)
    {
        var sum = 0;
        foreach (var count in times) sum += count;
        return sum;
    }
}
