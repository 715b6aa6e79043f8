using Microsoft.AspNetCore.Components;
using MudBlazor;
using Platform.Domain.Models;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Runs;

public sealed partial class RunDetail
{
    private static readonly string[] Tabs = ["progress", "results", "curves", "mixture", "compatibility", "figures", "log", "recipe"];

    private DataView<RunView>? data;
    private RunFollower? follower;
    private IReadOnlyList<Error> errors = [];

    [Inject]
    public required RunQueries Queries { get; set; }

    [Inject]
    public required RunLine Queue { get; set; }

    [Inject]
    public required FilterContests Contests { get; set; }

    [Inject]
    public required ModelRegistry Registry { get; set; }

    [Inject]
    public required RunPlanning Planning { get; set; }

    [Inject]
    public required RunPauses Pauses { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required IDialogService Dialogs { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    [Parameter]
    public int Number { get; set; }

    [SupplyParameterFromQuery]
    public string? Tab { get; set; }

    protected override void OnInitialized() => follower = new RunFollower(Queries, Registry, Queue, Contests);

    private void OpenTab(int index)
    {
        if (Tabs[index] != (Tab ?? Tabs[0]))
            Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("tab", index == 0 ? null : Tabs[index]), replace: true);
    }

    private async Task CancelAsync(FineTuningRun run)
    {
        var reason = await Dialogs.AskReasonAsync(
            $"Cancel run {run.Number}?", "It stops at its next step. What it has trained so far is not used.", "Cancel the run", Color.Error);
        if (reason is null)
            return;
        var cancelled = await Actors.RunAsync((actor, cancellation) => Planning.CancelAsync(actor, run.Id, reason, cancellation), CancellationToken.None);
        errors = cancelled.Errors;
        if (data is not null)
            await data.ReloadAsync();
    }

    private Task RetryAsync(FineTuningRun run) => ChangeAsync((actor, cancellation) => Planning.RetryAsync(actor, run.Id, cancellation));

    private async Task ChangeAsync(Func<Actor, CancellationToken, Task<Result<RunStatus>>> change)
    {
        var changed = await Actors.RunAsync(change, CancellationToken.None);
        errors = changed.Errors;
        if (data is not null)
            await data.ReloadAsync();
    }
}
