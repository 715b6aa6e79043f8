using Microsoft.AspNetCore.Components;
using MudBlazor;
using Platform.Domain.Budgets;
using Platform.Domain.Results;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Budgets;

public sealed partial class BudgetList
{
    private const double NearlySpent = 0.8;

    private DataView<IReadOnlyList<BudgetState>>? data;
    private IReadOnlyList<Error> errors = [];
    private bool isAdmin;

    [Inject]
    public required BudgetBook Book { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required IDialogService Dialogs { get; set; }

    private async Task<Result<IReadOnlyList<BudgetState>>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        if (isAdmin != actor.IsAdmin)
        {
            isAdmin = actor.IsAdmin;
            StateHasChanged();
        }

        return Result.Success(await Book.ListAsync(actor, cancellationToken));
    }

    private async Task EndAsync(BudgetState state)
    {
        var reason = await Dialogs.AskReasonAsync(
            $"End the budget of {state.Name}?", "From the next second on nothing is refused and nobody is warned because of it. What was spent stays on record.", "End the budget", Color.Error);
        if (reason is null)
            return;
        var ended = await Actors.RunAsync((actor, cancellation) => Book.EndAsync(actor, state.Budget.Id, reason, cancellation), CancellationToken.None);
        errors = ended.Errors;
        await data!.ReloadAsync();
    }

    private static string StateOf(BudgetState state) => state switch
    {
        { Binds: false } => "Rate in another currency",
        { IsSpent: true, Budget.Kind: BudgetKind.Hard } => "Refuses requests",
        { IsSpent: true } => "Spent",
        { Share: >= NearlySpent } => "Nearly spent",
        _ => "Open",
    };

    private static Color ToneOf(BudgetState state) => state switch
    {
        { Binds: true, IsSpent: true, Budget.Kind: BudgetKind.Hard } => Color.Error,
        { Binds: false } or { IsSpent: true } or { Share: >= NearlySpent } => Color.Warning,
        _ => Color.Success,
    };
}
