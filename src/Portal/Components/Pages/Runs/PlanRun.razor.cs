using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;
using Platform.Domain.Datasets;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.Runs.Forecasts;
using Platform.Domain.Setup;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;
using Platform.Portal.Tasks;

namespace Platform.Portal.Components.Pages.Runs;

public sealed partial class PlanRun
{
    private readonly HashSet<Guid> chosen = [];
    private IReadOnlyList<FilterContest> standing = [];
    private FieldErrors errors = new([]);
    private RecipeForm? form;
    private FormDraft<RunDraft>? keeper;
    private string? name;
    private bool busy;
    private Guid? asked;

    [Inject]
    public required TaskOverview Overview { get; set; }

    [Inject]
    public required RunPlanning Planning { get; set; }

    [Inject]
    public required RunForecasts Forecasts { get; set; }

    [Inject]
    public required FilterContests Contests { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required IOptions<PlatformOptions> Platform { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; set; }

    /// <summary>Page of the tasks, from 0.</summary>
    [SupplyParameterFromQuery]
    public int Tasks { get; set; }

    internal static bool IsReady(TaskRow row) => row.Data?.Status == DatasetStatus.Ready;

    private async Task<Result<IReadOnlyList<TaskRow>>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        var rows = await Overview.ListAsync(actor, cancellationToken);
        standing = await Contests.StandingAsync(actor, cancellationToken);
        if (rows.IsSuccess && chosen.Count == 0)
            Choose(rows.Value.Where(IsReady));
        return rows;
    }

    private void Choose(IEnumerable<TaskRow> rows) => chosen.UnionWith(rows.Select(row => row.Task.Id));

    private async Task StartAsync()
    {
        if (await TryAsync((actor, request, cancellation) => Planning.PlanAsync(actor, request, cancellation)) is not { } run)
            return;
        await keeper!.DropAsync();
        Navigation.NavigateTo($"/runs/{run.Number}");
    }

    private RunDraft Typed() => new(name, [.. chosen.Order()], form?.Typed() ?? "");

    private void Restore(RunDraft draft)
    {
        name = draft.Name;
        chosen.Clear();
        chosen.UnionWith(draft.Tasks);
        form?.Restore(draft.Recipe);
    }

    /// <summary>Measured on the device by Jobs, for exactly what is written down now.</summary>
    private async Task EstimateAsync() =>
        asked = (await TryAsync((actor, request, cancellation) => Forecasts.RequestAsync(actor, request, cancellation)))?.Id;

    private async Task<T?> TryAsync<T>(Func<Actor, RunRequest, CancellationToken, Task<Result<T>>> operation)
        where T : class
    {
        var recipe = form!.Read();
        if (recipe.IsFailure)
        {
            errors = new FieldErrors(recipe.Errors, form.Fields);
            return null;
        }

        busy = true;
        var request = new RunRequest(name, [.. chosen], recipe.Value, BaseModelName.Folder(recipe.Value.BaseModel, Platform.Value.BaseModelFolder));
        var done = await Actors.RunAsync((actor, cancellation) => operation(actor, request, cancellation), CancellationToken.None);
        busy = false;
        errors = new FieldErrors(done.Errors, [.. form.Fields, "tasks"]);
        return done.IsSuccess ? done.Value : null;
    }

    /// <param name="Recipe">As the recipe form writes it down.</param>
    public sealed record RunDraft(string? Name, IReadOnlyList<Guid> Tasks, string Recipe);
}
