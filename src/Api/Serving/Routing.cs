using Platform.Domain.Deployments;

namespace Platform.Api.Serving;

/// <summary>Which deployment answers which request. Immutable: a change is a new one, so that a request sees one state of affairs.</summary>
/// <param name="Live">What answers unless something else is said; null while nothing can serve.</param>
/// <param name="Trial">In memory beside it; null when none is.</param>
/// <param name="Plan">Which requests meet the trial.</param>
/// <param name="Pins">What tasks were rolled back to, by the task's name.</param>
internal sealed record Routing(ServedDeployment? Live, ServedDeployment? Trial, RolloutPlan Plan, IReadOnlyDictionary<string, ServedDeployment> Pins)
{
    public static Routing None { get; } = new(null, null, RolloutPlan.Full, new Dictionary<string, ServedDeployment>());

    /// <summary>All that must stay in memory.</summary>
    public IReadOnlySet<ServedDeployment> Deployments { get; } = new[] { Live, Trial }.OfType<ServedDeployment>().Concat(Pins.Values).ToHashSet();

    /// <summary>What answers a request for a task: where it was rolled back to, by chance the canary, else what is live.</summary>
    /// <returns>Null when nothing serves the task.</returns>
    public ServedDeployment? For(string task)
    {
        if (Pins.TryGetValue(task, out var pinned))
            return pinned;
        if (Plan.Mode == RolloutMode.Canary && IsInTrial(task))
            return Trial;
        return Live is not null && Live.Tasks.ContainsKey(task) ? Live : null;
    }

    /// <summary>What gets a copy of a request that <paramref name="answeredBy"/> answered; null for nothing.</summary>
    public ServedDeployment? ShadowFor(string task, ServedDeployment answeredBy) =>
        Plan.Mode == RolloutMode.Shadow && answeredBy == Live && IsInTrial(task) ? Trial : null;

    /// <summary>Whether it is computed only when nothing else waits.</summary>
    public bool IsShadow(ServedDeployment deployment) => Plan.Mode == RolloutMode.Shadow && deployment == Trial;

    private bool IsInTrial(string task) =>
        Trial is not null && Trial.Tasks.TryGetValue(task, out var served) && Random.Shared.Next(100) < Plan.ShareOf(served.Id);
}
