using System.Globalization;
using System.Text.Json;
using Platform.Domain.Runs;

namespace Platform.Portal.Components.Pages.Runs;

/// <summary>An effect with its interval; above 0 it hurts. What it is measured in depends on the map's method.</summary>
public sealed record MapCell(double Value, double Low, double High)
{
    /// <summary>Whether the whole interval lies on one side of 0.</summary>
    public bool IsSure => Low > 0 || High < 0;

    public string Words => !IsSure ? "not clear" : Value > 0 ? "hurts" : "helps";
}

/// <summary>Who helps and who hurts whom, as the filter step left it; only the rows and columns of tasks that the user may see.</summary>
/// <param name="Effects">[i][j] is the effect of task i on task j; null where i is j.</param>
/// <param name="Others">The effect of all other tasks together on each.</param>
public sealed record CompatibilityView(
    string Method, string Meaning, double Confidence, IReadOnlyList<string> Tasks, IReadOnlyList<IReadOnlyList<MapCell?>> Effects, IReadOnlyList<MapCell?> Others)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <returns>Null when the run has no map (yet).</returns>
    public static CompatibilityView? Of(RunView view)
    {
        var step = view.Steps.FirstOrDefault(step => step is { Kind: RunStepKind.Probe, ResultJson: not null });
        if (step is null)
            return null;
        using var result = JsonDocument.Parse(step.ResultJson!);
        return Find(result.RootElement) is { } map ? Visible(map.Deserialize<CompatibilityView>(Json)!, view) : null;
    }

    private bool IsAffinity => Method == "affinity";

    /// <summary>What the cells are measured in: affinities are multiples of a step's own gain, the others shares of a loss.</summary>
    public string Unit => IsAffinity ? "as a multiple of what a step on a task's own rows gains on average" : "in percent of that task's validation loss";

    public string Text(double effect) => IsAffinity
        ? effect.ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture)
        : (100 * effect).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture);

    /// <summary>The largest effect, for the strength of the colours.</summary>
    public double Largest => Effects.SelectMany(row => row).Concat(Others).OfType<MapCell>().Select(cell => Math.Abs(cell.Value)).DefaultIfEmpty(0).Max();

    private static JsonElement? Find(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return null;
        if (element.TryGetProperty("effects", out _) && element.TryGetProperty("tasks", out _))
            return element;
        foreach (var part in element.EnumerateObject())
            if (Find(part.Value) is { } found)
                return found;
        return null;
    }

    private static CompatibilityView? Visible(CompatibilityView map, RunView view)
    {
        var names = view.Tasks.Select(task => task.Task!.Name).ToHashSet();
        var places = Enumerable.Range(0, map.Tasks.Count).Where(i => names.Contains(map.Tasks[i])).ToList();
        return places.Count == 0 ? null : map with
        {
            Tasks = [.. places.Select(i => map.Tasks[i])],
            Effects = [.. places.Select(i => (IReadOnlyList<MapCell?>)[.. places.Select(j => map.Effects[i][j])])],
            Others = [.. places.Select(i => map.Others[i])],
        };
    }
}
