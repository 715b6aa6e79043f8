using Platform.Domain.Tasks;

namespace Platform.Domain.Datasets.Checks;

/// <summary>What shows only over whole splits: class balance, too few test rows, rows longer than the context.</summary>
internal sealed class SplitRules(TaskDefinition task, CheckLimits limits, FindingList findings)
{
    /// <summary>A label with a larger share makes accuracy say little.</summary>
    private const double DominantShare = 0.9;

    /// <summary>How many of a hundred answers usually differ between a dedicated and a shared model of like quality.</summary>
    private const double AssumedDisagreement = 0.1;

    private const string TooLong = "row_too_long";

    private readonly Dictionary<Split, Dictionary<string, long>> labels = Splits.All.ToDictionary(split => split, _ => new Dictionary<string, long>(StringComparer.Ordinal));
    private readonly Dictionary<Split, long> rows = Splits.All.ToDictionary(split => split, _ => 0L);
    private readonly Dictionary<Split, (long Count, long FirstLine, int Longest)> tooLong = Splits.All.ToDictionary(split => split, _ => (0L, 0L, 0));

    /// <param name="counted">Tokens of the whole training sequence; null where they were not counted.</param>
    public void Check(DatasetRow row, Split split, int? counted)
    {
        rows[split]++;
        if (task.Kind.AnswersWithLabel())
            labels[split][row.Output] = labels[split].GetValueOrDefault(row.Output) + 1;
        if (counted is not { } tokens || tokens <= limits.ContextTokens)
            return;
        findings.Mark(new DataFinding(FindingSeverity.Warning, TooLong, ""), split, row.Line);
        var (known, first, longest) = tooLong[split];
        tooLong[split] = (known + 1, known == 0 ? row.Line : first, Math.Max(longest, tokens));
    }

    public void Finish()
    {
        CheckLengths();
        CheckTestRows();
        if (task.Kind.AnswersWithLabel())
            CheckBalance();
    }

    private void CheckLengths()
    {
        foreach (var (split, (count, first, longest)) in tooLong.Where(pair => pair.Value.Count > 0))
            Add(FindingSeverity.Warning, TooLong, split, first, "input", count,
                $"{count:N0} of {rows[split]:N0} rows are longer than the context of {limits.ContextTokens:N0} tokens (the longest has {longest:N0}), the first one in line {first}. The recipe says whether they are dropped, truncated or stop the run.");
    }

    /// <summary>Half the width of the 95 % interval of a paired difference is 1.96 x sqrt(disagreement / rows).</summary>
    private void CheckTestRows()
    {
        var count = rows[Split.Test];
        if (count == 0 || task.Tolerance <= 0)
            return;
        var certainty = 1.96 * Math.Sqrt(AssumedDisagreement / count);
        if (certainty <= task.Tolerance)
            return;
        var wanted = (long)Math.Ceiling(AssumedDisagreement * Math.Pow(1.96 / task.Tolerance, 2));
        Add(FindingSeverity.Warning, "test_rows_too_few", Split.Test, null, null, 1,
            $"{count:N0} test rows show a difference of about {certainty * 100:0.0} points with 95 % certainty; the task tolerates {task.Tolerance * 100:0.0}. About {wanted:N0} rows would do (when 10 of 100 answers differ), or allow a larger tolerance.");
    }

    private void CheckBalance()
    {
        var train = labels[Split.Train];
        foreach (var label in task.Labels.Where(label => !train.ContainsKey(label)))
            Add(FindingSeverity.Warning, "label_without_rows", Split.Train, null, "output", 1, $"The label '{label}' has no training row, so the model cannot learn it. Add some, or remove the label.");
        var unseen = task.Labels.Count(label => train.ContainsKey(label) && !labels[Split.Test].ContainsKey(label));
        if (unseen > 0)
            Add(FindingSeverity.Note, "label_without_test_rows", Split.Test, null, "output", unseen, $"{unseen:N0} labels have no test row, so nothing measures them.");
        if (train.Count == 0)
            return;
        var (top, topCount) = train.MaxBy(pair => pair.Value);
        if (train.Count == 1 && task.Labels.Count > 1)
            Add(FindingSeverity.Error, "one_label_only", Split.Train, null, "output", topCount, $"every training row has the label '{top}', so there is nothing to tell apart and nothing to learn. Add rows of the other labels.");
        else if (topCount > DominantShare * rows[Split.Train])
            Add(FindingSeverity.Warning, "label_dominant", Split.Train, null, "output", topCount, $"{100.0 * topCount / rows[Split.Train]:0} % of the training rows have the label '{top}'; a model that always answers it looks good by accuracy. Choose macro_f1 or matthews as metric, or balance the rows.");
    }

    private void Add(FindingSeverity severity, string code, Split split, long? line, string? field, long count, string message) =>
        findings.Add(new DataFinding(severity, code, $"{split.FileName()}: {message}", split.FileName(), line, field, count));
}

/// <param name="CountTokens">Tokens of the whole training sequence of a row, instruction included; called by many threads. Null leaves lengths unchecked.</param>
/// <param name="ContextTokens">Longest sequence that the base model takes.</param>
public sealed record CheckLimits(CountRowTokens? CountTokens, int ContextTokens);

public delegate int CountRowTokens(string text, string? text2, string output);
