using Microsoft.AspNetCore.Components;
using Platform.Portal.Tasks;
using Platform.Portal.Usage;

namespace Platform.Portal.Components.Pages.Usage;

public sealed partial class TaskUsagePage
{
    [Inject]
    public required TaskUsage Usage { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Parameter]
    public required string Name { get; set; }

    [SupplyParameterFromQuery]
    public string? From { get; set; }

    [SupplyParameterFromQuery]
    public string? To { get; set; }

    private UsagePeriod Period => UsagePeriod.Parse(From, To, null, Clock.GetUtcNow()).Newest(TaskUsage.MaxDays);

    private string CsvAddress => $"{TaskUsageDownload.PathOf(Name)}?from={Period.FromText}&to={Period.ToText}";

    private IEnumerable<(string Text, UsagePeriod Period)> Common
    {
        get
        {
            var today = DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime);
            var month = new DateOnly(today.Year, today.Month, 1);
            yield return ("This month", Period with { From = month, To = today });
            yield return ("Last month", Period with { From = month.AddMonths(-1), To = month.AddDays(-1) });
            yield return ("7 days", Period with { From = today.AddDays(-6), To = today });
            yield return ("90 days", Period with { From = today.AddDays(-89), To = today });
        }
    }

    private string AddressOf(UsagePeriod period) =>
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { ["from"] = period.FromText, ["to"] = period.ToText });

    private void Ask(string parameter, string? value) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(parameter.ToLowerInvariant(), string.IsNullOrEmpty(value) ? null : value), replace: true);
}
