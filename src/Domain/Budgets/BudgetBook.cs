using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Rates;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Budgets;

/// <param name="ScopeId">The task's, team's or key's id.</param>
public sealed record BudgetRequest(BudgetScope Scope, Guid ScopeId, BudgetPeriod Period, BudgetKind Kind, decimal Amount, string Currency);

/// <summary>A budget with what is spent of it in the period that is running.</summary>
/// <param name="Name">Such as "the task hotel-sentiment for each month".</param>
/// <param name="Reserved">For requests on their way.</param>
/// <param name="Binds">False when the rate in force is in another currency, so that nothing counts towards it.</param>
public sealed record BudgetState(Budget Budget, string ScopeName, Money Spent, Money Reserved, DateTimeOffset? ResetsAt, bool Binds)
{
    public string Name => $"the {Budget.Scope.ToString().ToLowerInvariant()} {ScopeName} {(Budget.Period == BudgetPeriod.Month ? "for each month" : "in total")}";

    public Money Left => Spent with { Nano = Math.Max(0, Budget.LimitNano - Spent.Nano) };

    public bool IsSpent => Spent.Nano >= Budget.LimitNano;

    /// <summary>0 to 1 and beyond.</summary>
    public double Share => Budget.LimitNano > 0 ? (double)Spent.Nano / Budget.LimitNano : Spent.Nano > 0 ? double.PositiveInfinity : 1;
}

/// <summary>Sets, ends and lists budgets. Admins decide; members see those that concern their teams.</summary>
public sealed class BudgetBook(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    public const decimal MaxAmount = 1_000_000_000;

    /// <summary>Sets a budget, or changes the amount of the one that the scope has for this period and of this kind. Takes effect within a second.</summary>
    public async Task<Result<Budget>> SetAsync(Actor actor, BudgetRequest request, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("set a budget") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginLedgerAsync(cancellationToken);
        var errors = await ProblemsAsync(context, request, cancellationToken);
        if (errors.Count > 0)
            return Result.Failure<Budget>(errors);

        var now = clock.GetUtcNow();
        var limit = Money.FromAmount(request.Amount, request.Currency);
        var budget = await context.Budgets.SingleOrDefaultAsync(
            found => found.EndedAt == null && found.Scope == request.Scope && found.ScopeId == request.ScopeId && found.Period == request.Period && found.Kind == request.Kind,
            cancellationToken);
        if (budget is not null && budget.Currency == request.Currency)
        {
            AuditTrail.Add(context, now, actor, "budget.changed", nameof(Budget), budget.Id, before: new { Limit = budget.Limit.ToString() }, after: new { Limit = limit.ToString() });
            budget.LimitNano = limit.Nano;
        }
        else
        {
            if (budget is not null)
                await EndAsync(context, actor, budget, $"Replaced by one in {request.Currency}.", now, cancellationToken);
            budget = new Budget
            {
                Scope = request.Scope,
                ScopeId = request.ScopeId,
                Period = request.Period,
                Kind = request.Kind,
                LimitNano = limit.Nano,
                Currency = request.Currency,
                CreatedAt = now,
                CreatedByName = actor.Name,
            };
            context.Budgets.Add(budget);
            AuditTrail.Add(context, now, actor, "budget.set", nameof(Budget), budget.Id, after: new { budget.Scope, budget.ScopeId, budget.Period, budget.Kind, Limit = limit.ToString() });
        }

        await context.SaveChangesAsync(cancellationToken);
        await BudgetAccounts.OpenAsync(context, budget, budget.PeriodStart(now)!.Value, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return budget;
    }

    public async Task<Result> EndAsync(Actor actor, Guid budgetId, string reason, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("end a budget") is { } refusal)
            return refusal;
        if (string.IsNullOrWhiteSpace(reason))
            return BudgetErrors.ReasonMissing();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var budget = await context.Budgets.SingleOrDefaultAsync(found => found.Id == budgetId && found.EndedAt == null, cancellationToken);
        if (budget is null)
            return BudgetErrors.Unknown(budgetId);
        await EndAsync(context, actor, budget, reason.Trim(), clock.GetUtcNow(), cancellationToken);
        return Result.Success();
    }

    /// <summary>Those in force: by scope, then by name.</summary>
    public async Task<IReadOnlyList<BudgetState>> ListAsync(Actor actor, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var budgets = await BudgetAccounts.ActiveAsync(context, cancellationToken);
        if (budgets.Count == 0)
            return [];
        var scopes = await ScopesAsync(context, actor, cancellationToken);
        var currency = (await RateBook.HistoryAsync(context, cancellationToken)).InForceAt(now).Currency;
        List<BudgetState> states = [];
        foreach (var budget in budgets.Where(budget => scopes.ContainsKey(budget.ScopeId)))
        {
            // A month in which nothing was asked for yet has no account.
            var period = budget.PeriodStart(now);
            var account = await context.BudgetAccounts.AsNoTracking().SingleOrDefaultAsync(found => found.BudgetId == budget.Id && found.PeriodStart == period, cancellationToken);
            states.Add(new BudgetState(
                budget, scopes[budget.ScopeId], new Money(account?.SpentNano ?? 0, budget.Currency), new Money(account?.ReservedNano ?? 0, budget.Currency),
                budget.ResetsAt(now), budget.Currency == currency));
        }

        return [.. states.OrderBy(state => state.Budget.Scope).ThenBy(state => state.ScopeName, StringComparer.Ordinal).ThenBy(state => state.Budget.Period).ThenBy(state => state.Budget.Kind)];
    }

    /// <summary>Names of what an actor may see, by id.</summary>
    private static async Task<Dictionary<Guid, string>> ScopesAsync(PlatformDbContext context, Actor actor, CancellationToken cancellationToken)
    {
        var mine = actor.TeamIds.ToList();
        var tasks = await context.Tasks.Where(task => actor.IsAdmin || mine.Contains(task.TeamId)).Select(task => new { task.Id, task.Name }).ToListAsync(cancellationToken);
        var teams = await context.Teams.Where(team => actor.IsAdmin || mine.Contains(team.Id)).Select(team => new { team.Id, team.Name }).ToListAsync(cancellationToken);
        var keys = await context.ApiKeys.Where(key => actor.IsAdmin || mine.Contains(key.TeamId)).Select(key => new { key.Id, Name = key.Name + " (" + key.Prefix + "...)" }).ToListAsync(cancellationToken);
        return tasks.Concat(teams).Concat(keys).ToDictionary(scope => scope.Id, scope => scope.Name);
    }

    private static async Task<List<Error>> ProblemsAsync(PlatformDbContext context, BudgetRequest request, CancellationToken cancellationToken)
    {
        List<Error> errors = [];
        if (request.Amount is < 0 or > MaxAmount)
            errors.Add(BudgetErrors.AmountOutOfRange(request.Amount));
        var isKnown = request.Scope switch
        {
            BudgetScope.Task => await context.Tasks.AnyAsync(task => task.Id == request.ScopeId, cancellationToken),
            BudgetScope.Team => await context.Teams.AnyAsync(team => team.Id == request.ScopeId, cancellationToken),
            _ => await context.ApiKeys.AnyAsync(key => key.Id == request.ScopeId, cancellationToken),
        };
        if (!isKnown)
            errors.Add(BudgetErrors.ScopeUnknown(request.Scope, request.ScopeId.ToString()));
        var currencies = await context.Rates.Select(rate => rate.Currency).Distinct().OrderBy(currency => currency).ToListAsync(cancellationToken);
        if (!currencies.Contains(request.Currency))
            errors.Add(BudgetErrors.CurrencyUnknown(request.Currency, currencies));
        return errors;
    }

    private static async Task EndAsync(PlatformDbContext context, Actor actor, Budget budget, string reason, DateTimeOffset now, CancellationToken cancellationToken)
    {
        budget.EndedAt = now;
        AuditTrail.Add(context, now, actor, "budget.ended", nameof(Budget), budget.Id, before: new { Limit = budget.Limit.ToString() }, reason: reason);
        await context.SaveChangesAsync(cancellationToken);
    }
}
