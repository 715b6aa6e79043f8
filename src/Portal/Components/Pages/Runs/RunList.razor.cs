using System.Globalization;
using Microsoft.AspNetCore.Components;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Users;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Runs;

public sealed partial class RunList
{
    private const int PageSize = 50;

    [Inject]
    public required RunQueries Queries { get; set; }

    [Inject]
    public required RunLine Queue { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    /// <summary>Numbers of the runs that are chosen for a comparison, with commas between them.</summary>
    [SupplyParameterFromQuery]
    public string? Runs { get; set; }

    /// <summary>From 0.</summary>
    [SupplyParameterFromQuery]
    public int Page { get; set; }

    private IReadOnlyList<int> Picked => CompareRuns.NumbersIn(Runs);

    private void Pick(int number, bool on)
    {
        var chosen = on ? Picked.Append(number) : Picked.Where(other => other != number);
        var text = string.Join(',', chosen.Select(one => one.ToString(CultureInfo.InvariantCulture)));
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("runs", text.Length == 0 ? null : text), replace: true);
    }

    private async Task<Result<ListView>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        var runs = await Queries.SummariseAsync(Pager.Before(Page, PageSize), PageSize + 1, cancellationToken);
        return new ListView([.. runs.Take(PageSize)], runs.Count > PageSize, await Queue.ListAsync(cancellationToken));
    }

    private static string Now(RunSummary run) =>
        run.Now is { } step ? $"{StepNames.Of(step.Kind)}{(step.Progress is { } share ? $", {share:0 %}" : "")}" : Formats.None;

    private sealed record ListView(IReadOnlyList<RunSummary> Runs, bool More, IReadOnlyList<QueuePlace> Places);
}
