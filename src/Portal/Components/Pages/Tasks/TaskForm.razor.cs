using Microsoft.AspNetCore.Components;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Tasks;

public sealed partial class TaskForm
{
    private static readonly string[] Fields = ["name", "team", "kind", "instruction", "labels", "metric", "tolerance", "max_output_tokens", "abstain_below", "latency_class"];

    private FieldErrors errors = new([]);
    private TaskFormModel draft = new();
    private FormDraft<TaskFormModel>? keeper;
    private BundleDrop? bundle;
    private bool busy;

    [Inject]
    public required TaskCatalog Catalog { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    /// <summary>Null: a new task.</summary>
    [Parameter]
    public TaskDefinition? Existing { get; set; }

    [Parameter]
    public IReadOnlyList<Team> Teams { get; set; } = [];

    protected override void OnInitialized() =>
        draft = Existing is null ? new TaskFormModel { TeamId = Teams.Count > 0 ? Teams[0].Id : default } : TaskFormModel.Of(Existing);

    /// <summary>From a bundle; what does not fit the rules is said at its field at once.</summary>
    private void Fill(TaskDraft found)
    {
        draft = TaskFormModel.Of(found, draft.TeamId);
        errors = new FieldErrors(TaskRules.Validate(found), Fields);
    }

    /// <summary>Fills the form in with an earlier definition; nothing is saved by it.</summary>
    public void Take(TaskDraft earlier)
    {
        draft = TaskFormModel.Of(earlier, draft.TeamId);
        errors = new FieldErrors([]);
        StateHasChanged();
    }

    private async Task SubmitAsync()
    {
        busy = true;
        var saved = await Actors.RunAsync(
            (actor, cancellation) => Existing is null
                ? Catalog.RegisterAsync(actor, draft.TeamId, draft.ToDraft(), cancellation)
                : Catalog.EditAsync(actor, Existing.Id, draft.ToDraft(), cancellation),
            CancellationToken.None);
        busy = false;
        errors = new FieldErrors(saved.Errors, Fields);
        if (saved.IsFailure)
            return;
        await keeper!.DropAsync();
        if (bundle is not null)
            await bundle.HandOverAsync(saved.Value.Name);
        Navigation.NavigateTo(Existing is null ? $"/tasks/{saved.Value.Name}/upload" : $"/tasks/{saved.Value.Name}");
    }
}
