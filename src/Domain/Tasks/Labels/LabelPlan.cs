using Platform.Domain.Datasets.Revisions;
using Platform.Domain.Results;

namespace Platform.Domain.Tasks.Labels;

/// <summary>A label that comes of a change.</summary>
/// <param name="Words">When a label is split: the rows that have all of these words; null for the rows that are left.</param>
public sealed record LabelPart(string Name, string? Words = null);

/// <summary>A wished change of a task's labels.</summary>
/// <param name="From">One label; for a merge two or more.</param>
/// <param name="To">One part; two or more for a split; none to retire.</param>
public sealed record LabelPlan(LabelChangeKind Kind, IReadOnlyList<string> From, IReadOnlyList<LabelPart> To)
{
    public LabelChange Change => new(Kind, From, [.. To.Select(part => part.Name)]);

    /// <summary>The labels afterwards: the new ones stand where the first old one stood.</summary>
    public IReadOnlyList<string> Apply(IReadOnlyList<string> labels)
    {
        List<string> kept = [.. labels.Where(label => !From.Contains(label))];
        var index = labels.TakeWhile(label => !From.Contains(label)).Count();
        kept.InsertRange(Math.Min(index, kept.Count), To.Select(part => part.Name).Where(name => !kept.Contains(name)));
        return kept;
    }

    /// <summary>What happens to the rows: parts with words come first, the part without takes what is left.</summary>
    internal IReadOnlyList<LabelMove> Moves => To.Count == 0
        ? [.. From.Select(label => new LabelMove(label, null))]
        : [.. From.SelectMany(label => To.OrderBy(part => part.Words is null).Select(part => new LabelMove(label, part.Name, part.Words))).Where(move => move.From != move.To || move.Words is not null)];

    /// <summary>A metric that names a label follows it.</summary>
    internal string MetricAfter(string metric)
    {
        var named = Metrics.LabelsIn(metric);
        if (named.Count == 0 || To.Count == 0)
            return metric;
        var family = metric[..(metric.IndexOf(':', StringComparison.Ordinal) + 1)];
        return family + string.Join(",", named.SelectMany(label => From.Contains(label) ? Kind == LabelChangeKind.Split ? To.Select(part => part.Name) : [To[0].Name] : [label]).Distinct());
    }

    /// <summary>All that is wrong with the change itself; what it leads to, the task's rules judge.</summary>
    internal List<Error> Problems(TaskDefinition task)
    {
        List<Error> errors = [];
        errors.AddRange(From.Where(label => !task.Labels.Contains(label)).Select(label => Error.Invalid("label_unknown", $"The task has no label '{label}'. Choose one of its labels.", "from")));
        var (from, to) = (From.Distinct().Count(), To.Select(part => part.Name).Distinct().Count());
        if (!(Kind switch
        {
            LabelChangeKind.Rename => from == 1 && to == 1,
            LabelChangeKind.Merge => from >= 2 && to == 1,
            LabelChangeKind.Split => from == 1 && to >= 2,
            LabelChangeKind.Retire => from == 1 && to == 0,
            _ => false,
        }))
            errors.Add(Error.Invalid("label_plan_incomplete", Wanted, Kind == LabelChangeKind.Split ? "to" : "from"));
        foreach (var part in To.Where(part => string.IsNullOrWhiteSpace(part.Name) || part.Name != part.Name.Trim() || part.Name.Length > TaskRules.MaxLabelLength))
            errors.Add(Error.Invalid("task_label_invalid", $"The label '{part.Name}' must have 1 to {TaskRules.MaxLabelLength} characters and no space at its ends.", "to"));
        foreach (var part in To.Where(part => task.Labels.Contains(part.Name) && !From.Contains(part.Name)))
            errors.Add(Error.Invalid("label_taken", $"The task has a label '{part.Name}' already. To join them, merge the two.", "to"));
        if (Kind == LabelChangeKind.Split && To.Count(part => part.Words is null) != 1)
            errors.Add(Error.Invalid("label_split_rest", "Exactly one of the parts takes the rows that none of the others' words fit: leave its words empty, and write words for all others.", "to"));
        return errors;
    }

    private string Wanted => Kind switch
    {
        LabelChangeKind.Rename => "Choose one label and write its new name.",
        LabelChangeKind.Merge => "Choose two or more labels and the name that they have together.",
        LabelChangeKind.Split => "Choose one label and write two or more names for its parts.",
        LabelChangeKind.Retire => "Choose one label to retire.",
        _ => "Choose what shall happen: rename, merge, split or retire.",
    };
}
