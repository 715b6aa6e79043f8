using Microsoft.AspNetCore.Components;
using Platform.Domain.Costs;
using Platform.Domain.Rates;
using Platform.Domain.Results;
using Platform.Domain.Users;
using Platform.Portal.Components.Controls;
using Platform.Portal.Costs;

namespace Platform.Portal.Components.Pages.Costs;

public sealed partial class CostPage
{
    private const int PageSize = 50;

    private static readonly RenderFragment<(CostParts Parts, string Currency)> Amounts = line => builder =>
    {
        foreach (var nano in new[] { line.Parts.RequestsNano, line.Parts.AdjustmentNano, line.Parts.IdleNano, line.Parts.TrainingNano, line.Parts.TotalNano })
        {
            builder.OpenElement(0, "td");
            builder.AddAttribute(1, "class", "number");
            builder.AddContent(2, Formats.Cost(new Money(nano, line.Currency)));
            builder.CloseElement();
        }
    };

    [Inject]
    public required CostQuery Query { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [SupplyParameterFromQuery]
    public string? Month { get; set; }

    [SupplyParameterFromQuery]
    public string? By { get; set; }

    /// <summary>Name of one task or team, whose days are shown.</summary>
    [SupplyParameterFromQuery]
    public string? Only { get; set; }

    /// <summary>From 0; the totals are of all pages.</summary>
    [SupplyParameterFromQuery]
    public int Page { get; set; }

    private CostMonth Asked => CostMonth.Parse(Month, By, Only, Clock.GetUtcNow());

    private string CsvAddress => Asked.AddressAt(CostDownload.Path, Asked.Only);

    private void Ask(string parameter, string? value) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [parameter.ToLowerInvariant()] = string.IsNullOrEmpty(value) ? null : value, ["page"] = null }), replace: true);

    /// <summary>The list of all, once it is by something else.</summary>
    private void Group(string? by) => Navigation.NavigateTo((Asked with { ByTeam = by == CostMonth.Team }).AddressAt("/costs", only: null), replace: true);

    private async Task<Result<CostReport>> LoadAsync(Actor actor, CancellationToken cancellationToken) =>
        await Query.ReportAsync(actor, Asked.First, Asked.First.AddMonths(1), cancellationToken);

    private static string Words(IdleSharing sharing) => sharing switch
    {
        IdleSharing.Even => "evenly between all served tasks",
        IdleSharing.ByUse => "by the device time used on the day",
        _ => "by reservation",
    };
}
