using Platform.Engine.Training;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>Keeps every task.</summary>
public sealed class NoFilter : IFilterStrategy
{
    /// <inheritdoc/>
    public string Name => "none";

    /// <inheritdoc/>
    public FilterOutcome Filter(ProbeWork work, Action<FineTuningProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return new FilterOutcome([.. work.Tasks.Select(task => Keep(task.Spec.Name))], null, null);
    }

    /// <summary>The decision for every task.</summary>
    /// <param name="task">The task.</param>
    public static FilterDecision Keep(string task) => new(task, false, "Kept: the recipe filters no task.", null, 0);
}

/// <summary>Decides by the number of training rows alone.</summary>
public sealed class RulesFilter : IFilterStrategy
{
    /// <inheritdoc/>
    public string Name => "rules";

    /// <inheritdoc/>
    public FilterOutcome Filter(ProbeWork work, Action<FineTuningProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        var sizes = work.Tasks.Select(task => task.Train.Count).ToList();
        var nobodyLeft = sizes.All(size => size < work.Options.TrainRowsMin);
        return new FilterOutcome([.. work.Tasks.Select((task, i) => Decide(task.Spec.Name, sizes[i], work.Options.TrainRowsMin, nobodyLeft))], null, null);
    }

    /// <summary>The rule.</summary>
    /// <param name="task">The task.</param>
    /// <param name="rows">Its training rows.</param>
    /// <param name="least">Fewer are too few.</param>
    /// <param name="nobodyLeft">Whether every task has too few.</param>
    public static FilterDecision Decide(string task, long rows, long least, bool nobodyLeft) => new(
        task, rows < least && !nobodyLeft,
        nobodyLeft ? $"Kept although it has only {rows:N0} training rows: every task of the run is below the recipe's minimum of {least:N0}, so no mixture would be left."
            : rows < least ? $"Isolated: it has {rows:N0} training rows, fewer than the recipe's minimum of {least:N0}, so it gets its own adapter."
            : $"Kept: its {rows:N0} training rows meet the recipe's minimum of {least:N0}.",
        null, 0);
}

/// <summary>Trains every task shortly in the mixture and shortly alone: dear, and the yardstick of the others.</summary>
public sealed class MeasuredFilter : IFilterStrategy
{
    /// <inheritdoc/>
    public string Name => "measured";

    /// <inheritdoc/>
    public FilterOutcome Filter(ProbeWork work, Action<FineTuningProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        // The engine shows them twice: once in the mixture and once alone.
        var options = new ProbeOptions(work.Options.Examples / 2, work.Options.Tolerance, work.Options.ExamplesMin);
        var evidence = Probe.Run(work.LoadBase, work.Prompts, work.Tasks, options, work.Training, work.Folder, work.Identity, progress, cancellationToken);
        return new FilterOutcome(
            FilterRule.LeaveOne([.. evidence.Select(one => new FilterDecision(one.Task, one.Isolate, one.Sentence, new FilterEvidence(null, one.Task, one.Difference, Name), one.Examples, one))]),
            null, null);
    }
}

/// <summary>Affinity of gradient steps during a probe (TAG).</summary>
public sealed class AffinityFilter : IFilterStrategy
{
    /// <inheritdoc/>
    public string Name => FilterSentences.AffinityMethod;

    /// <inheritdoc/>
    public FilterOutcome Filter(ProbeWork work, Action<FineTuningProgress> progress, CancellationToken cancellationToken)
    {
        var probe = LoraProbe.Run(work, progress, cancellationToken);
        var map = Affinity.Map([.. probe.Tasks.Select(task => (task.Name, task.Examples))], probe.Moments, probe.Options, probe.Seed);
        return BorderlineCheck.Apply(work, new FilterOutcome(FilterRule.Decide(map, work.Options), map, probe), progress, cancellationToken);
    }
}

/// <summary>The losses of every task with and without every other, estimated from the probe's projected gradients.</summary>
public sealed class LeaveOneOutFilter : IFilterStrategy
{
    /// <inheritdoc/>
    public string Name => "leaveOneOut";

    /// <inheritdoc/>
    public FilterOutcome Filter(ProbeWork work, Action<FineTuningProgress> progress, CancellationToken cancellationToken)
    {
        var probe = LoraProbe.Run(work, progress, cancellationToken);
        var map = LeaveOneOut.Map(probe.Tasks, probe.Options, probe.Seed, cancellationToken);
        return BorderlineCheck.Apply(work, new FilterOutcome(FilterRule.Decide(map, work.Options), map, probe), progress, cancellationToken);
    }
}
