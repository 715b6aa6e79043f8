using Platform.Domain.Models.Reports;

namespace Platform.Portal.Components.Pages.Models.Reports;

/// <summary>The part of a confusion matrix that a page can show: all labels, or those with the most confusions and the rest as one.</summary>
internal sealed class ConfusionMatrix
{
    private const int LabelsMax = 16;
    private const string Rest = "all others";
    private const int Shades = 5;

    private readonly Dictionary<(string Expected, string Answered), int> counts = [];
    private readonly Dictionary<string, int> totals;
    private readonly Dictionary<string, int> support;

    public ConfusionMatrix(IReadOnlyList<ConfusionCell> cells, IReadOnlyList<string> labels)
    {
        var confused = cells.Where(cell => cell.Expected != cell.Answered)
            .SelectMany(cell => new[] { (Label: cell.Expected, cell.Rows), (Label: cell.Answered, cell.Rows) })
            .GroupBy(one => one.Label).OrderByDescending(group => group.Sum(one => one.Rows)).ThenBy(group => group.Key, StringComparer.Ordinal)
            .Take(LabelsMax - 1).Select(group => group.Key).ToHashSet(StringComparer.Ordinal);
        IsWhole = labels.Count <= LabelsMax;
        Labels = IsWhole ? labels : [.. labels.Where(confused.Contains), Rest];
        foreach (var cell in cells)
        {
            var place = (Shown(cell.Expected), Shown(cell.Answered));
            counts[place] = counts.GetValueOrDefault(place) + cell.Rows;
        }

        totals = counts.GroupBy(pair => pair.Key.Expected).ToDictionary(group => group.Key, group => group.Sum(pair => pair.Value), StringComparer.Ordinal);
        support = cells.GroupBy(cell => cell.Expected).ToDictionary(group => group.Key, group => group.Sum(cell => cell.Rows), StringComparer.Ordinal);

        string Shown(string label) => IsWhole || confused.Contains(label) ? label : Rest;
    }

    public bool IsWhole { get; }

    public IReadOnlyList<string> Labels { get; }

    public bool IsRest(string label) => !IsWhole && label == Rest;

    public int Count(string expected, string answered) => counts.GetValueOrDefault((expected, answered));

    public int Total(string expected) => totals.GetValueOrDefault(expected);

    public int SupportOf(string expected) => support.GetValueOrDefault(expected);

    /// <summary>The cell's class: right or wrong, and a shade by its share of the row.</summary>
    public string Heat(string expected, string answered)
    {
        var count = Count(expected, answered);
        if (count == 0)
            return "heat";
        var shade = Math.Clamp((int)Math.Ceiling(Shades * (double)count / Total(expected)), 1, Shades);
        return IsRest(expected) ? "heat" : $"heat {(expected == answered ? "right" : "wrong")}-{shade}";
    }
}
