using Microsoft.AspNetCore.Components;
using Platform.Domain.Models.Reports;

namespace Platform.Portal.Components.Pages.Models.Reports;

/// <summary>How a model version does on one task. What is compared, filtered and leafed through stands in the address.</summary>
public sealed partial class TaskReportPage
{
    internal const string AgainstName = "against";
    internal const string ExpectedName = "expected";
    internal const string AnsweredName = "answered";
    internal const string PageName = "page";

    [Inject]
    public required TaskReports Reports { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Parameter]
    public int Number { get; set; }

    [Parameter]
    public string TaskName { get; set; } = "";

    [SupplyParameterFromQuery]
    public int? Against { get; set; }

    [SupplyParameterFromQuery]
    public string? Expected { get; set; }

    [SupplyParameterFromQuery]
    public string? Answered { get; set; }

    [SupplyParameterFromQuery]
    public string? Sort { get; set; }

    [SupplyParameterFromQuery]
    public int Page { get; set; }

    private void Ask(string parameter, string? value) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [parameter] = string.IsNullOrEmpty(value) ? null : value, [PageName] = null }), replace: true);

    private string PageAddress(int page) => Navigation.GetUriWithQueryParameter(PageName, page == 0 ? null : (int?)page) + "#wrong-rows";

    private string ExamplesOf(string expected, string answered) => Navigation.GetUriWithQueryParameters(
        new Dictionary<string, object?> { [ExpectedName] = expected, [AnsweredName] = answered, [PageName] = null }) + "#wrong-rows";
}
