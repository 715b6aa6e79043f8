using Microsoft.AspNetCore.Components;
using MudBlazor;
using Platform.Domain.Results;
using Platform.Domain.Sampling;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Samples;

public sealed partial class SampleList
{
    private const int PageSize = 25;
    private const string LeastCertain = "score";

    private DataView<SamplingRule>? ruleView;
    private DataView<SamplePage>? pageView;
    private IReadOnlyList<Error> errors = [];
    private bool hasSamples;

    [Inject]
    public required SamplingRules Rules { get; set; }

    [Inject]
    public required RequestSamples Samples { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required IDialogService Dialogs { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Parameter]
    public required string Name { get; set; }

    [SupplyParameterFromQuery]
    public string? Order { get; set; }

    [SupplyParameterFromQuery]
    public int Page { get; set; }

    private SampleOrder Sorting => Order == LeastCertain ? SampleOrder.LeastCertain : SampleOrder.Newest;

    private async Task<Result<SamplePage>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        var page = await Samples.ListAsync(actor, Name, Sorting, Pager.Before(Page, PageSize), PageSize, cancellationToken);
        if (page.IsSuccess && hasSamples != page.Value.Total > 0)
        {
            hasSamples = page.Value.Total > 0;
            StateHasChanged();
        }

        return page;
    }

    private async Task ReloadAsync()
    {
        await ruleView!.ReloadAsync();
        await pageView!.ReloadAsync();
    }

    private async Task DeleteAsync(Guid id)
    {
        errors = (await Actors.RunAsync((actor, cancellation) => Samples.DeleteAsync(actor, Name, id, cancellation), CancellationToken.None)).Errors;
        await pageView!.ReloadAsync();
    }

    private async Task DeleteAllAsync()
    {
        if (!await Dialogs.ConfirmAsync("Delete all samples?", "What was kept of this task's requests is deleted for good. Sampling itself stays as it is.", "Delete all"))
            return;
        errors = (await Actors.RunAsync((actor, cancellation) => Samples.DeleteAllAsync(actor, Name, cancellation), CancellationToken.None)).Errors;
        await pageView!.ReloadAsync();
    }

    private string Address(string? order, int? page) =>
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { ["order"] = order, ["page"] = page is > 0 ? page : null });
}
