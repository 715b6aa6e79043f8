namespace Platform.Domain.Models.Reports;

/// <summary>
/// What can be said of all tasks of a version together. Of twenty tasks that lost nothing one looks worse by chance at 95 %; after
/// Holm's correction the chance that even one does stays at 5 %.
/// </summary>
/// <param name="Compared">Tasks that were tested against their dedicated model.</param>
/// <param name="Better">Names of tasks that are better, beyond chance.</param>
/// <param name="Worse">Names of tasks that are worse, beyond chance.</param>
public sealed record VersionVerdict(int Compared, IReadOnlyList<string> Better, IReadOnlyList<string> Worse)
{
    private const double Level = 0.05;

    public string Sentence => Compared == 0
        ? "No task was tested against its dedicated model."
        : $"Of {Compared} {(Compared == 1 ? "task" : "tasks")} tested against dedicated models, {Count(Worse, "worse")} and {Count(Better, "better")} beyond chance (95 % over all tasks together, Holm).";

    public static VersionVerdict Of(IEnumerable<TaskEvaluation> evaluations)
    {
        var tested = evaluations.Where(one => one is { AdjustedPValue: not null, Difference: not null }).ToList();
        var sure = tested.Where(one => one.AdjustedPValue < Level).ToList();
        return new VersionVerdict(
            tested.Count,
            [.. sure.Where(one => one.Difference > 0).Select(Name).Order(StringComparer.Ordinal)],
            [.. sure.Where(one => one.Difference < 0).Select(Name).Order(StringComparer.Ordinal)]);
    }

    private static string Name(TaskEvaluation evaluation) => evaluation.Task?.Name ?? $"{evaluation.TaskId}";

    private static string Count(IReadOnlyList<string> names, string what) => names.Count switch
    {
        0 => $"none is {what}",
        1 => $"{names[0]} is {what}",
        <= 5 => $"{names.Count} are {what} ({string.Join(", ", names)})",
        _ => $"{names.Count} are {what}",
    };
}
