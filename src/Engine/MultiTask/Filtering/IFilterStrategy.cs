using Platform.Engine.Training;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>A way to find the tasks that should not be in the mixture.</summary>
public interface IFilterStrategy
{
    /// <summary>Its name in the recipe.</summary>
    string Name { get; }

    /// <summary>Finds them. Safe to call again after it broke off anywhere; what was done is not done again.</summary>
    /// <param name="work">What to work on.</param>
    /// <param name="progress">Called after every update.</param>
    /// <param name="cancellationToken">Stops after the current update.</param>
    /// <exception cref="OperationCanceledException">It was cancelled; a later call goes on.</exception>
    FilterOutcome Filter(ProbeWork work, Action<FineTuningProgress> progress, CancellationToken cancellationToken);
}

/// <summary>What a filter found.</summary>
/// <param name="Decisions">One for each task, in their order.</param>
/// <param name="Map">Who helps and who hurts whom; null when the strategy does not measure it.</param>
/// <param name="Probe">The probe that it rests on, to be kept for what-if; null when there was none.</param>
public sealed record FilterOutcome(IReadOnlyList<FilterDecision> Decisions, CompatibilityMap? Map, ProbeRecord? Probe);

/// <summary>The strategies by name.</summary>
public static class FilterStrategies
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<IFilterStrategy> All { get; } = [new NoFilter(), new RulesFilter(), new MeasuredFilter(), new AffinityFilter(), new LeaveOneOutFilter()];

    /// <summary>The strategy of that name, whatever its case.</summary>
    /// <param name="name">For instance <c>leaveOneOut</c>.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static IFilterStrategy Named(string name) =>
        All.FirstOrDefault(strategy => string.Equals(strategy.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException($"There is no filter strategy \"{name}\"; choose one of {string.Join(", ", All.Select(s => s.Name))}.", nameof(name));
}
