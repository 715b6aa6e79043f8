using System.Text.Json;
using Platform.Domain.Runs;

namespace Platform.Portal.Components.Pages.Runs;

/// <param name="Planned">Null for runs from before it was stored.</param>
public sealed record DrawnTask(string Task, long? Planned, long Drawn, double Share, double Epochs, long Tokens, double TokenShare, string Remark);

/// <summary>What a stage really showed of each task, as its result says. Shares are of the whole stage, tasks of other teams included.</summary>
public sealed record DrawnMixture(string Title, IReadOnlyList<DrawnTask> Lines)
{
    public static IReadOnlyList<DrawnMixture> Of(RunView view) => [.. view.Steps
        .Where(step => step.Kind is RunStepKind.Stage2 or RunStepKind.Stage3 && step is { Status: RunStepStatus.Done, ResultJson: not null })
        .OrderBy(step => step.Ordinal).Select(step => Of(view, step)).OfType<DrawnMixture>()];

    private static DrawnMixture? Of(RunView view, RunStep step)
    {
        using var result = JsonDocument.Parse(step.ResultJson!);
        var (drawn, planned, tokens) = (Counts(result, "examplesByTask"), Counts(result, "plannedByTask"), Counts(result, "tokensByTask"));
        var stopped = result.RootElement.TryGetProperty("earlyStopped", out var names) ? names.EnumerateArray().Select(name => name.GetString()).ToHashSet() : [];
        var (all, allTokens) = (Math.Max(1, drawn.Values.Sum()), Math.Max(1, tokens.Values.Sum()));
        var lines = view.Tasks.Select(task => (task.Task!.Name, task.TrainRows)).Where(task => drawn.ContainsKey(task.Name) || planned.ContainsKey(task.Name)).Select(task =>
        {
            var (count, token) = (drawn.GetValueOrDefault(task.Name), tokens.GetValueOrDefault(task.Name));
            return new DrawnTask(
                task.Name, planned.TryGetValue(task.Name, out var wanted) ? wanted : null, count, (double)count / all, (double)count / Math.Max(1, task.TrainRows), token, (double)token / allTokens,
                stopped.Contains(task.Name) ? "stopped early" : "");
        }).ToList();
        return lines.Count == 0 ? null : new DrawnMixture(StepNames.Of(step.Kind), lines);
    }

    private static Dictionary<string, long> Counts(JsonDocument result, string name) =>
        result.RootElement.TryGetProperty(name, out var counts) && counts.ValueKind == JsonValueKind.Object
            ? counts.EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetInt64())
            : [];
}
