using Platform.Domain.Rates;

namespace Platform.Domain.Costs;

/// <summary>
/// Collects amounts by task, team that pays, currency and day. Everything that goes in comes out: nothing is rounded here. A request is
/// paid by the team whose key it came with; idle time and training are paid by the team that owns the task.
/// </summary>
/// <param name="owners">The team of each task.</param>
internal sealed class CostSheet(IReadOnlyDictionary<Guid, Guid> owners)
{
    private readonly Dictionary<(Guid Task, Guid Team, string Currency), SortedDictionary<DateOnly, CostParts>> lines = [];

    public IEnumerable<(Guid Task, Guid Team, string Currency, IReadOnlyDictionary<DateOnly, CostParts> Days)> Lines =>
        lines.Select(line => (line.Key.Task, line.Key.Team, line.Key.Currency, (IReadOnlyDictionary<DateOnly, CostParts>)line.Value));

    public void Add(Guid task, Guid team, string currency, DateOnly day, CostParts parts)
    {
        if (!lines.TryGetValue((task, team, currency), out var days))
            lines[(task, team, currency)] = days = [];
        days[day] = days.GetValueOrDefault(day, CostParts.None) + parts;
    }

    /// <summary>What requests and their adjustments cost on a day.</summary>
    public long Billed(string currency, DateOnly day) => lines.Where(line => line.Key.Currency == currency)
        .Sum(line => line.Value.TryGetValue(day, out var parts) ? parts.RequestsNano + parts.AdjustmentNano : 0);

    /// <summary>Splits an amount by weight; the parts add up to exactly the amount.</summary>
    public void Share(Money amount, DateOnly day, IReadOnlyList<(Guid Task, long Weight)> weights, Func<long, CostParts> part)
    {
        if (amount.Nano == 0)
            return;

        // Nobody to pay: it stays visible, under no task.
        var payers = weights.Count > 0 ? weights : [(Guid.Empty, 1L)];
        foreach (var (payer, share) in payers.Zip(LargestRemainder.Share(amount.Nano, [.. payers.Select(payer => payer.Weight)])))
            if (share != 0)
                Add(payer.Task, owners.GetValueOrDefault(payer.Task), amount.Currency, day, part(share));
    }
}
