using Microsoft.AspNetCore.Components;
using Platform.Domain.Deployments;
using Platform.Domain.Results;
using Platform.Domain.Savings;
using Platform.Domain.Usage;
using Platform.Domain.Users;
using Platform.Portal.Usage;

namespace Platform.Portal.Components.Pages.Usage;

public sealed partial class UsagePage
{
    [Inject]
    public required UsageQuery Query { get; set; }

    [Inject]
    public required LatencyQuery Latencies { get; set; }

    [Inject]
    public required OverheadQuery Overhead { get; set; }

    [Inject]
    public required SavingBook Savings { get; set; }

    [Inject]
    public required DeploymentRollout Rollout { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [SupplyParameterFromQuery]
    public string? From { get; set; }

    [SupplyParameterFromQuery]
    public string? To { get; set; }

    [SupplyParameterFromQuery]
    public string? Group { get; set; }

    /// <summary>From 0.</summary>
    [SupplyParameterFromQuery]
    public int Page { get; set; }

    private UsagePeriod Period => UsagePeriod.Parse(From, To, Group, Clock.GetUtcNow());

    private string CsvAddress => $"{UsageDownload.Path}?from={Period.FromText}&to={Period.ToText}&group={Period.Grouping.ToString().ToLowerInvariant()}";

    private void Ask(string parameter, string? value) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [parameter.ToLowerInvariant()] = string.IsNullOrEmpty(value) ? null : value, ["page"] = null }), replace: true);

    private async Task<Result<UsageReport>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        var period = Period;
        var rows = await Query.SummariseAsync(actor, period.Filter, period.Grouping, cancellationToken);

        // What the shared server costs concerns every team at once, so it is for admins.
        var live = actor.IsAdmin ? await Rollout.FindLiveVersionAsync(cancellationToken) : null;
        var overhead = live is null ? null : await Overhead.ReportAsync(live.DeploymentId, dedicatedServerBytes: null, cancellationToken);
        var saving = live is null ? null : await Savings.FindNewestAsync(live.Id, cancellationToken);
        var latencies = period.Grouping == UsageGrouping.Task ? await Latencies.ByTaskAsync(actor, period.Filter, cancellationToken) : null;
        return new UsageReport(rows, latencies, overhead, saving);
    }

    public sealed record UsageReport(IReadOnlyList<UsageSummary> Rows, IReadOnlyDictionary<string, LatencySummary>? Latencies, OverheadReport? Overhead, SavingReport? Saving);
}
