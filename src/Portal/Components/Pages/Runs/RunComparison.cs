using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Domain.Models;
using Platform.Domain.Rates;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Users;

namespace Platform.Portal.Components.Pages.Runs;

/// <summary>A run among others; steps and tasks only as far as the user may see them.</summary>
/// <param name="Settings">The recipe, each setting by its path; null when this version cannot read it.</param>
public sealed record ComparedRun(FineTuningRun Run, IReadOnlyList<RunTask> Tasks, IReadOnlyList<RunStep> Steps, ModelVersion? Version, Money? Cost, IReadOnlyDictionary<string, string>? Settings)
{
    public long DeviceMicroseconds => Steps.Sum(step => step.DeviceMicroseconds);

    public long Tokens => Steps.Sum(step => step.TokensDone);
}

/// <summary>One setting in which the recipes differ.</summary>
/// <param name="Values">In the order of the runs; null where the recipe does not have it.</param>
public sealed record SettingDifference(string Path, IReadOnlyList<string?> Values);

/// <param name="Runs">In the order that was asked for.</param>
/// <param name="OtherTasks">How many tasks of other teams are left out.</param>
public sealed record RunComparison(IReadOnlyList<ComparedRun> Runs, IReadOnlyList<SettingDifference> Differences, int SameSettings, int OtherTasks)
{
    /// <summary>Names of the tasks of any of them.</summary>
    public IReadOnlyList<string> Tasks { get; } = [.. Runs.SelectMany(run => run.Tasks).Select(task => task.Task!.Name).Distinct().Order(StringComparer.Ordinal)];
}

/// <summary>Puts runs beside each other.</summary>
public sealed class RunComparing(RunQueries queries, ModelRegistry registry, RateBook rates, TimeProvider clock)
{
    public async Task<Result<RunComparison>> LoadAsync(Actor actor, IReadOnlyList<int> numbers, CancellationToken cancellationToken)
    {
        var history = await rates.HistoryAsync(cancellationToken);
        var versions = await registry.ListAsync(cancellationToken);
        List<ComparedRun> runs = [];
        var others = 0;
        foreach (var number in numbers)
        {
            var found = await queries.FindAsync(number, cancellationToken);
            if (found.IsFailure)
                return Result.Failure<RunComparison>(found.Errors);
            var run = found.Value;
            List<RunTask> tasks = [.. run.Tasks.Where(task => actor.MayActFor(task.Task!.TeamId))];
            var visible = tasks.Select(task => task.TaskId).ToHashSet();
            List<RunStep> steps = [.. run.Steps.Where(step => step.TaskId is not { } task || visible.Contains(task))];
            var device = steps.Sum(step => step.DeviceMicroseconds);
            others = Math.Max(others, run.Tasks.Count - tasks.Count);
            runs.Add(new ComparedRun(
                run, tasks, steps, versions.FirstOrDefault(version => version.RunId == run.Id),
                device > 0 ? Money.OfDeviceTime(device, history.InForceAt(run.StartedAt ?? clock.GetUtcNow())) : null,
                VisibleRecipe.Of(run.RecipeJson, [.. tasks.Select(task => task.Task!.Name)]) is { } recipe ? Flat(recipe.ToDocument()) : null));
        }

        var paths = runs.SelectMany(run => run.Settings?.Keys ?? []).Distinct().Order(StringComparer.Ordinal).ToList();
        List<SettingDifference> all = [.. paths.Select(path => new SettingDifference(path, [.. runs.Select(run => run.Settings?.GetValueOrDefault(path))]))];
        List<SettingDifference> different = [.. all.Where(setting => setting.Values.Distinct().Skip(1).Any())];
        return new RunComparison(runs, different, all.Count - different.Count, others);
    }

    /// <summary>Each value by its path; things with a name are found by it, so that an order means nothing.</summary>
    internal static Dictionary<string, string> Flat(JsonObject document)
    {
        var flat = new Dictionary<string, string>(StringComparer.Ordinal);
        Add("", document);
        return flat;

        void Add(string path, JsonNode? node)
        {
            switch (node)
            {
                case JsonObject fields:
                    foreach (var (name, value) in fields)
                        Add(path.Length == 0 ? name : $"{path}.{name}", value);
                    break;
                case JsonArray items when items.Count > 0 && items.All(item => item is JsonObject fields && fields.ContainsKey("name")):
                    foreach (var item in items)
                        foreach (var (name, value) in item!.AsObject().Where(field => field.Key != "name"))
                            Add($"{path}[{item["name"]}].{name}", value);
                    break;
                default:
                    flat[path] = node is JsonValue text && text.GetValueKind() == JsonValueKind.String ? text.GetValue<string>() : node?.ToJsonString() ?? "none";
                    break;
            }
        }
    }
}
