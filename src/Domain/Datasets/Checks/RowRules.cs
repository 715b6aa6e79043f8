using System.Globalization;
using Platform.Domain.Tasks;

namespace Platform.Domain.Datasets.Checks;

/// <summary>What every single row has to fulfil.</summary>
internal sealed class RowRules(TaskDefinition task, FindingList findings)
{
    private const string None = "none";

    private readonly HashSet<string> labels = new(task.Labels, StringComparer.Ordinal);

    public void Check(DatasetRow row, string file)
    {
        if (string.IsNullOrWhiteSpace(row.Text))
            Error("text_empty", "the text is empty; write one, or leave the row out.", "input.text");
        if (task.Kind is TaskKind.PairClassification or TaskKind.Similarity && string.IsNullOrWhiteSpace(row.Text2))
            Error("text2_missing", $"a task of kind {task.Kind.ToWire()} compares two texts and the second one is missing.", "input.text2");
        if (string.IsNullOrWhiteSpace(row.Output))
            Error("output_empty", "the output is empty; write the right answer, or leave the row out.", "output");
        else
            CheckOutput();
        CheckWords();

        void CheckOutput()
        {
            if (task.Kind.AnswersWithLabel() && !labels.Contains(row.Output))
                Error("label_unknown", $"the label '{Shorten(row.Output)}' is not one of the task's labels{Suggestion(row.Output)}. Mend the row, or add the label to the task.", "output");
            if (task.Kind == TaskKind.Similarity && !(double.TryParse(row.Output, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)))
                Error("output_not_a_number", $"the output '{Shorten(row.Output)}' is not a number; write one such as 3.5.", "output");
            if (task.Kind is TaskKind.Tagging or TaskKind.Extraction && labels.Count > 0 && UnknownType(row.Output) is { } type)
                Error("label_unknown", $"the output names the type '{Shorten(type)}', which is not one of the task's labels{Suggestion(type)}. Write \"type: words; type: words\" or none.", "output");
        }

        void CheckWords()
        {
            if (row.Tokens is { } tokens && row.Tags is { } tags && tokens.Count != tags.Count)
                Error("tags_mismatch", $"the row has {tokens.Count} tokens but {tags.Count} tags; write one tag for each token.", "tags");
        }

        void Error(string code, string message, string field) => findings.Add(
            new DataFinding(FindingSeverity.Error, code, $"{file}, line {row.Line}: {message}", file, row.Line, field));
    }

    /// <summary>
    /// The first type that the task does not have. An output is a list of "type: words"; where it names no type at all it is a list of
    /// plain tags, one per word. Words may hold a semicolon, so a later part without a known type belongs to the words before it.
    /// </summary>
    private string? UnknownType(string output)
    {
        if (output.Equals(None, StringComparison.OrdinalIgnoreCase))
            return null;
        if (task.Metric == "token_accuracy")
            return output.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(tag => !labels.Contains(tag));

        var colon = output.IndexOf(": ", StringComparison.Ordinal);
        var first = colon < 0 ? output : output[..colon];
        return labels.Contains(first) ? null : first;
    }

    /// <summary>Most unknown labels differ from a known one in case or spaces only.</summary>
    private string Suggestion(string output) =>
        labels.FirstOrDefault(label => string.Equals(label, output.Trim(), StringComparison.OrdinalIgnoreCase)) is { } close ? $" (did you mean '{close}'?)" : "";

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "...";
}
