using MudBlazor;
using Platform.Domain.Runs;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Runs;

/// <summary>The curves of one task in one step, or of the whole mixture.</summary>
/// <param name="Labels">Examples seen: the x axis.</param>
/// <param name="Scale">What the drawn values were multiplied by; see <see cref="ChartScale"/>.</param>
/// <param name="Summary">The last values in words, for those who do not see the chart.</param>
public sealed record LossCurve(string Title, List<ChartSeries<double>> Series, string[] Labels, double Scale, string Summary)
{
    /// <summary>Points that a chart shows at most; more would only draw over each other.</summary>
    private const int MaxPoints = 40;

    private const int MaxLabels = 5;

    public static IReadOnlyList<LossCurve> Of(RunView view)
    {
        var steps = view.Steps.ToDictionary(step => step.Id);
        return [.. view.Metrics
            .Where(point => steps.ContainsKey(point.StepId))
            .GroupBy(point => (point.StepId, point.TaskId))
            .OrderBy(group => steps[group.Key.StepId].Ordinal).ThenBy(group => group.Key.TaskId is null ? "" : view.NameOf(group.Key.TaskId.Value), StringComparer.Ordinal)
            .Select(group => Create(TitleOf(view, steps[group.Key.StepId], group.Key.TaskId), [.. group]))];
    }

    private static string TitleOf(RunView view, RunStep step, Guid? taskId) =>
        StepNames.Of(step.Kind) + ((taskId ?? step.TaskId) is { } task ? $" · {view.NameOf(task)}" : " · all tasks");

    private static LossCurve Create(string title, List<RunMetric> points)
    {
        var last = Math.Max(1, points.Max(point => point.Examples));
        var slots = points.Select(point => SlotOf(point, last)).Distinct().Order().ToList();
        var names = points.Select(point => point.Name).Distinct().Order(StringComparer.Ordinal).ToList();
        var scale = ChartScale.For(points.Select(point => point.Value));
        var series = names.Select(name => new ChartSeries<double>
        {
            Name = Words(name),
            Data = new ChartData<double>([.. slots.Select(slot => Mean(points.Where(point => point.Name == name && SlotOf(point, last) == slot)) * scale)]),
        }).ToList();
        var every = Math.Max(1, slots.Count / MaxLabels);
        var labels = slots.Select((slot, index) => index % every == 0 ? Formats.Count(slot * last / MaxPoints) : "").ToArray();
        var summary = string.Join(", ", names.Select(name => $"{Words(name)} {Formats.Loss(points.Last(point => point.Name == name).Value)}"));
        return new LossCurve(title, series, labels, scale, $"After {Formats.Count(last)} rows: {summary}.");
    }

    private static long SlotOf(RunMetric point, long last) => point.Examples * MaxPoints / last;

    private static double? Mean(IEnumerable<RunMetric> points) => points.Select(point => (double?)point.Value).Average();

    private static string Words(string name) => name.Replace('_', ' ');
}
