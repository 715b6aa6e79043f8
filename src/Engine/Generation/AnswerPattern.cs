using Platform.Engine.Tasks;

namespace Platform.Engine.Generation;

/// <summary>What the answers of tasks that generate look like, where the task says so.</summary>
internal static class AnswerPattern
{
    // Words hold single semicolons, as in "AT&amp;T", but never what looks like the next span.
    private const string Words = @"[^;\s](( +|;)?[^;\s])*";
    private const string Number = @"-?\d{1,9}(\.\d{1,9})?";

    /// <summary>Every valid answer as a regular expression for <see cref="Constraints.Constraint.FromRegex"/>; null for free text.</summary>
    /// <param name="task">A task that is not closed.</param>
    public static string? Of(TaskSpec task) => task.Kind switch
    {
        TaskKind.Similarity => Number,
        TaskKind.Tagging or TaskKind.Extraction when task.Metric == "token_accuracy" => $"none|{List(Types(task, @"[^\s]+"), "", " ")}",
        TaskKind.Tagging or TaskKind.Extraction => $"none|{List(Types(task, @"[^:;\s]( ?[^:;\s])*"), ": " + Words, "; ")}",
        _ => null,
    };

    private static string Types(TaskSpec task, string any) => task.Labels.Count == 0 ? any : string.Join('|', task.Labels.Select(Escaped));

    private static string List(string types, string words, string separator) => $"({types}){words}({separator}({types}){words})*";

    private static string Escaped(string label) => string.Concat(label.Select(unit => @"\.^$|?*+()[]{}".Contains(unit) ? $@"\{unit}" : $"{unit}"));
}
