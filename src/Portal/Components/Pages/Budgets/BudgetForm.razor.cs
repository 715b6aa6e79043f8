using Microsoft.AspNetCore.Components;
using Platform.Domain.Budgets;
using Platform.Domain.Keys;
using Platform.Domain.Rates;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Components.Pages.Budgets;

public sealed partial class BudgetForm
{
    private FieldErrors errors = new([]);
    private BudgetScope scope = BudgetScope.Task;
    private Guid scopeId;
    private BudgetPeriod period = BudgetPeriod.Month;
    private BudgetKind kind = BudgetKind.Hard;
    private decimal amount = 10;
    private string? currency;
    private bool busy;

    [Inject]
    public required BudgetBook Book { get; set; }

    [Inject]
    public required TaskCatalog Catalog { get; set; }

    [Inject]
    public required TeamDirectory Teams { get; set; }

    [Inject]
    public required ApiKeys Keys { get; set; }

    [Inject]
    public required RateBook Rates { get; set; }

    [Inject]
    public required CurrentActor Actors { get; set; }

    [Inject]
    public required TimeProvider Clock { get; set; }

    [Parameter]
    public EventCallback Saved { get; set; }

    private async Task<Result<Choice>> LoadAsync(Actor actor, CancellationToken cancellationToken)
    {
        currency ??= (await Rates.InForceAsync(Clock.GetUtcNow(), cancellationToken)).Currency;
        return new Choice(
            [.. (await Catalog.ListAsync(actor, archivedToo: false, cancellationToken)).Select(task => (task.Id, task.Name))],
            [.. (await Teams.ListAsync(actor, cancellationToken)).Select(team => (team.Id, team.DisplayName))],
            [.. (await Keys.ListAsync(actor, cancellationToken)).Where(key => key.RevokedAt is null).Select(key => (key.Id, $"{key.Name} ({key.Prefix}…)"))]);
    }

    private void Choose(BudgetScope chosen) => (scope, scopeId) = (chosen, Guid.Empty);

    private async Task SaveAsync(Choice choice)
    {
        if (!choice.Of(scope).Any(one => one.Id == scopeId))
        {
            errors = new FieldErrors([Error.Invalid("budget_scope_missing", $"Choose the {scope.ToString().ToLowerInvariant()} that the budget is for.", "scope")], "scope");
            return;
        }

        busy = true;
        var request = new BudgetRequest(scope, scopeId, period, kind, amount, (currency ?? "").Trim().ToUpperInvariant());
        var saved = await Actors.RunAsync((actor, cancellation) => Book.SetAsync(actor, request, cancellation), CancellationToken.None);
        busy = false;
        errors = new FieldErrors(saved.Errors, "scope", "amount", "currency");
        if (saved.IsSuccess)
            await Saved.InvokeAsync();
    }

    public sealed record Choice(IReadOnlyList<(Guid Id, string Name)> Tasks, IReadOnlyList<(Guid Id, string Name)> Teams, IReadOnlyList<(Guid Id, string Name)> Keys)
    {
        public IReadOnlyList<(Guid Id, string Name)> Of(BudgetScope scope) => scope switch
        {
            BudgetScope.Task => Tasks,
            BudgetScope.Team => Teams,
            _ => Keys,
        };

        public string NameOf(Guid id) => Tasks.Concat(Teams).Concat(Keys).FirstOrDefault(one => one.Id == id).Name ?? "";
    }
}
