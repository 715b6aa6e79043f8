using System.Text.RegularExpressions;
using Platform.Domain.Results;

namespace Platform.Domain.Tasks;

/// <summary>What a task has to fulfil. Every problem is reported, each with its field and how to mend it.</summary>
public static partial class TaskRules
{
    public const int MaxInstructionLength = 4000;
    public const int MaxLabels = 2000;
    public const int MaxLabelLength = 256;

    public static IReadOnlyList<Error> Validate(TaskDraft draft)
    {
        List<Error> errors = [];
        if (draft.Name is not { } name || !Slug().IsMatch(name))
            errors.Add(Error.Invalid("task_name_invalid", $"The name '{draft.Name}' must be 1 to 64 lower-case letters, digits, '-' or '_', starting with a letter or digit, such as 'hotel-sentiment'.", "name"));

        var kind = TaskKinds.Parse(draft.Kind);
        if (kind is null)
            errors.Add(Error.Invalid("task_kind_unknown", $"The kind '{draft.Kind}' is unknown; use one of {string.Join(", ", TaskKinds.All.Select(known => known.ToWire()))}.", "kind"));

        if (string.IsNullOrWhiteSpace(draft.Instruction))
            errors.Add(Error.Invalid("task_instruction_empty", "The instruction is empty; write one or two sentences that tell the model what to do.", "instruction"));
        else if (draft.Instruction.Length > MaxInstructionLength)
            errors.Add(Error.Invalid("task_instruction_too_long", $"The instruction has {draft.Instruction.Length} characters; shorten it to at most {MaxInstructionLength}.", "instruction"));

        CheckLabels(draft, kind, errors);
        CheckMetric(draft, kind, errors);
        CheckNumbers(draft, errors);
        CheckAbstaining(draft, kind, errors);
        if (draft.LatencyClass is { } latency && LatencyClasses.Parse(latency) is null)
            errors.Add(Error.Invalid("task_latency_class_unknown", $"The latency class '{Shorten(latency)}' is unknown; use one of {string.Join(", ", LatencyClasses.All.Select(known => known.ToWire()))}.", "latency_class"));
        return errors;
    }

    private static void CheckLabels(TaskDraft draft, TaskKind? kind, List<Error> errors)
    {
        if (kind is { } known && known.AnswersWithLabel() && draft.Labels.Count < 2)
            errors.Add(Error.Invalid("task_labels_missing", $"A task of kind {known.ToWire()} needs at least 2 labels, this one has {draft.Labels.Count}; list every allowed answer.", "labels"));
        if (kind is TaskKind.Similarity && draft.Labels.Count > 0)
            errors.Add(Error.Invalid("task_labels_unwanted", "A similarity task answers with a number; remove its labels, or make it a classification.", "labels"));
        if (draft.Labels.Count > MaxLabels)
            errors.Add(Error.Invalid("task_labels_too_many", $"The task has {draft.Labels.Count} labels; the limit is {MaxLabels}.", "labels"));

        for (var index = 0; index < draft.Labels.Count; index++)
        {
            var label = draft.Labels[index];
            if (string.IsNullOrWhiteSpace(label) || label.Length > MaxLabelLength || label.Trim() != label)
                errors.Add(Error.Invalid("task_label_invalid", $"Label {index + 1} ('{Shorten(label)}') must have 1 to {MaxLabelLength} characters and no space at its ends.", $"labels[{index}]"));
        }

        foreach (var twice in draft.Labels.GroupBy(label => label, StringComparer.Ordinal).Where(group => group.Count() > 1))
            errors.Add(Error.Invalid("task_label_twice", $"The label '{Shorten(twice.Key)}' is listed {twice.Count()} times; keep one.", "labels"));
    }

    private static void CheckMetric(TaskDraft draft, TaskKind? kind, List<Error> errors)
    {
        if (string.IsNullOrWhiteSpace(draft.Metric) || !Metrics.IsKnown(draft.Metric))
        {
            var choice = kind is { } one ? Metrics.For(one) : [.. TaskKinds.All.SelectMany(Metrics.For).Distinct()];
            errors.Add(Error.Invalid("task_metric_unknown", $"The metric '{draft.Metric}' is unknown; use one of {string.Join(", ", choice)}.", "metric"));
            return;
        }

        if (kind is { } known && !Metrics.Fits(draft.Metric, known))
            errors.Add(Error.Invalid("task_metric_unfit", $"The metric '{draft.Metric}' cannot judge a task of kind {known.ToWire()}; use one of {string.Join(", ", Metrics.For(known))}.", "metric"));
        foreach (var label in Metrics.LabelsIn(draft.Metric).Where(label => !draft.Labels.Contains(label, StringComparer.Ordinal)))
            errors.Add(Error.Invalid("task_metric_label_unknown", $"The metric '{draft.Metric}' names the label '{label}', which the task does not have; its labels are {Listing(draft.Labels)}.", "metric"));
    }

    private static void CheckNumbers(TaskDraft draft, List<Error> errors)
    {
        if (!(draft.Tolerance is >= 0 and <= 0.5))
            errors.Add(Error.Invalid("task_tolerance_out_of_range", $"The tolerance is {draft.Tolerance}; it must lie between 0 and 0.5 score points (0.02 means two points of a hundred).", "tolerance"));
        if (draft.MaxOutputTokens is < 1 or > 4096)
            errors.Add(Error.Invalid("task_max_output_out_of_range", $"The longest answer is {draft.MaxOutputTokens} tokens; it must lie between 1 and 4096.", "max_output_tokens"));
    }

    private static void CheckAbstaining(TaskDraft draft, TaskKind? kind, List<Error> errors)
    {
        if (draft.AbstainBelow is not { } threshold)
            return;
        if (!(threshold is >= 0 and <= 1))
            errors.Add(Error.Invalid("task_abstain_out_of_range", $"The threshold below which the task abstains is {threshold}; it is a probability from 0 to 1. Leave it out to answer always.", "abstain_below"));
        if (kind is { } known && !known.AnswersWithLabel())
            errors.Add(Error.Invalid("task_abstain_unfit", $"A task of kind {known.ToWire()} has no labels whose probability could be too low; leave abstain_below out.", "abstain_below"));
    }

    private static string Listing(IReadOnlyList<string> labels) =>
        labels.Count == 0 ? "none" : string.Join(", ", labels.Take(10)) + (labels.Count > 10 ? ", ..." : "");

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";

    [GeneratedRegex("^[a-z0-9][a-z0-9_-]{0,63}\\z")]
    internal static partial Regex Slug();
}
