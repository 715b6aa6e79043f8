using Platform.Domain.Budgets;
using Platform.Domain.Rates;

namespace Platform.Api.Budgets;

/// <summary>What a request may cost. Settle it with what it did cost; one that is let go unsettled costs nothing.</summary>
/// <param name="charge">Null without a hard budget.</param>
/// <param name="warnings">Soft budgets that are spent, by name.</param>
/// <param name="release">Takes the reservation back; the cost is null when nothing was recorded.</param>
internal sealed class BudgetHold(BudgetCharge? charge, IReadOnlyList<string> warnings, Action<BudgetCharge, Money?> release) : IDisposable
{
    private bool isOver;

    public BudgetCharge? Charge => charge;

    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>The request is on record at this cost.</summary>
    public void Settle(Money cost) => End(cost);

    public void Dispose() => End(null);

    private void End(Money? cost)
    {
        if (isOver)
            return;
        isOver = true;
        if (charge is not null)
            release(charge, cost);
    }
}
