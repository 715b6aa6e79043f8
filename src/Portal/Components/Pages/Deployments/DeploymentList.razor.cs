using Microsoft.AspNetCore.Components;
using Platform.Domain.Deployments;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Deployments;

public sealed partial class DeploymentList
{
    private const int PageSize = 50;

    private DataView<ListView>? data;

    [Inject]
    public required DeploymentHistory History { get; set; }

    [Inject]
    public required RollBacks RollBacks { get; set; }

    [Inject]
    public required TaskCatalog Catalog { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [SupplyParameterFromQuery]
    public string? Status { get; set; }

    [SupplyParameterFromQuery]
    public string? Task { get; set; }

    [SupplyParameterFromQuery]
    public int Page { get; set; }

    /// <summary>What makes no sense falls back to any status.</summary>
    private DeploymentStatus? Asked => Enum.TryParse<DeploymentStatus>(Status, ignoreCase: true, out var status) && Enum.IsDefined(status) ? status : null;

    private DeploymentFilter Filter => new(Asked, string.IsNullOrWhiteSpace(Task) ? null : Task, Pager.Before(Page, PageSize), PageSize);

    private bool IsFiltered => Asked is not null || Filter.Task is not null || Page > 0;

    private async Task<Result<ListView>> LoadAsync(Actor actor, CancellationToken cancellationToken) => new ListView(
        await History.ListAsync(actor, Filter, cancellationToken),
        await History.ListServingAsync(cancellationToken),
        [.. (await RollBacks.ListAsync(cancellationToken)).Where(pin => actor.MayActFor(pin.Task!.TeamId))],
        [.. (await Catalog.ListAsync(actor, archivedToo: true, cancellationToken)).Select(task => task.Name)]);

    private void Ask(string parameter, string? value) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [parameter.ToLowerInvariant()] = string.IsNullOrEmpty(value) ? null : value.ToLowerInvariant(), ["page"] = null }), replace: true);

    /// <param name="Serving">What is live and what is on trial.</param>
    /// <param name="Pins">Of the tasks that the user may see.</param>
    /// <param name="Tasks">Names of those.</param>
    private sealed record ListView(DeploymentPage Page, IReadOnlyList<Deployment> Serving, IReadOnlyList<TaskPin> Pins, IReadOnlyList<string> Tasks);
}
