using Microsoft.AspNetCore.Components;
using Platform.Domain.Tasks;
using Platform.Portal.Components.Controls;
using Platform.Portal.Tasks;

namespace Platform.Portal.Components.Pages.Tasks;

public sealed partial class TaskList
{
    private const int PageSize = 50;

    [Inject]
    public required TaskOverview Overview { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [SupplyParameterFromQuery]
    public string? Find { get; set; }

    [SupplyParameterFromQuery]
    public string? Team { get; set; }

    [SupplyParameterFromQuery]
    public string? Kind { get; set; }

    [SupplyParameterFromQuery]
    public string? Sort { get; set; }

    /// <summary>From 0.</summary>
    [SupplyParameterFromQuery]
    public int Page { get; set; }

    private int First => Pager.Before(Page, PageSize);

    /// <summary>A filter begins at its first page.</summary>
    private void Filter(string parameter, string? value) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [parameter.ToLowerInvariant()] = string.IsNullOrWhiteSpace(value) ? null : value, ["page"] = null }), replace: true);

    private List<TaskRow> Shown(IReadOnlyList<TaskRow> rows)
    {
        var matching = rows
            .Where(row => string.IsNullOrWhiteSpace(Find) || row.Task.Name.Contains(Find.Trim(), StringComparison.OrdinalIgnoreCase))
            .Where(row => string.IsNullOrEmpty(Team) || row.Task.Team!.Name == Team)
            .Where(row => string.IsNullOrEmpty(Kind) || row.Task.Kind.ToWire() == Kind);
        var falls = Sort is ['-', ..];
        return (falls ? Sort![1..] : Sort) switch
        {
            "team" => Ordered(row => row.Task.Team!.Name),
            "kind" => Ordered(row => row.Task.Kind),
            "rows" => Ordered(row => row.Data?.TrainRows ?? 0),
            "multi" => Ordered(row => row.Score?.Evaluation.Score ?? -1),
            "cost" => Ordered(row => row.MonthUsage.Sum(sum => sum.CostNano)),
            _ => Ordered(row => row.Task.Name),
        };

        List<TaskRow> Ordered<TKey>(Func<TaskRow, TKey> key) => [.. falls ? matching.OrderByDescending(key) : matching.OrderBy(key)];
    }
}
