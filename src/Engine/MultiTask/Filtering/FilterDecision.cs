using System.Globalization;
using Platform.Engine.Evaluation;

namespace Platform.Engine.MultiTask.Filtering;

/// <summary>What a decision rests on.</summary>
/// <param name="Source">The task that acts; null for all others together.</param>
/// <param name="Target">The task that is acted upon.</param>
/// <param name="Effect">Change of its loss as a share of it; above 0 it hurts.</param>
/// <param name="Method">How it was found.</param>
public sealed record FilterEvidence(string? Source, string Target, Interval Effect, string Method);

/// <summary>Whether a task stays in the mixture.</summary>
/// <param name="Task">Its name.</param>
/// <param name="Isolate">Whether it leaves.</param>
/// <param name="Sentence">Why, in plain words.</param>
/// <param name="Evidence">What decided; null when nothing was measured.</param>
/// <param name="Examples">Examples of it that the probe trained on.</param>
/// <param name="Checked">The real short single-task run, where there was one.</param>
public sealed record FilterDecision(string Task, bool Isolate, string Sentence, FilterEvidence? Evidence, long Examples, ProbeEvidence? Checked = null);

/// <summary>From effects with intervals to decisions.</summary>
/// <remarks>
/// A task leaves only when an effect is proven to be worse than the tolerance: the interval's lower end lies above it. At the boundary itself it stays.
/// The worst goes first, and what is left is judged without it; at least one task always stays.
/// </remarks>
public static class FilterRule
{
    /// <summary>Decides for every task of a map.</summary>
    /// <param name="map">The effects.</param>
    /// <param name="options">Tolerance and least examples.</param>
    /// <returns>One decision for each task, in the map's order.</returns>
    public static IReadOnlyList<FilterDecision> Decide(CompatibilityMap map, FilterOptions options)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(options);
        var open = Enumerable.Range(0, map.Tasks.Count).ToHashSet();
        var decisions = new FilterDecision?[map.Tasks.Count];
        while (Worst(map, options, open) is var (task, proof))
        {
            decisions[task] = new FilterDecision(map.Tasks[task], true, FilterSentences.LeftOut(map, task, proof), proof, map.Examples[task]);
            open.Remove(task);
        }

        return LeaveOne([.. decisions.Select((decision, task) => decision ?? Keep(map, options, task))]);
    }

    /// <summary>When every task was to leave, the one with the least proven harm stays.</summary>
    /// <param name="decisions">Of all tasks.</param>
    public static IReadOnlyList<FilterDecision> LeaveOne(IReadOnlyList<FilterDecision> decisions)
    {
        ArgumentNullException.ThrowIfNull(decisions);
        if (decisions.Count == 0 || decisions.Any(decision => !decision.Isolate))
            return decisions;
        var least = decisions.MinBy(decision => decision.Evidence?.Effect.Low ?? double.NegativeInfinity);
        return [.. decisions.Select(decision => decision != least
            ? decision
            : decision with { Isolate = false, Sentence = $"Kept, because no task would be left in the mixture otherwise. {decision.Sentence}" })];
    }

    /// <summary>Tasks on which the others' effect is neither proven to be worse than the tolerance nor proven not to be, the worst first.</summary>
    /// <param name="map">The effects.</param>
    /// <param name="decisions">The decisions of <see cref="Decide"/>.</param>
    /// <param name="options">The tolerance.</param>
    public static IReadOnlyList<int> Borderline(CompatibilityMap map, IReadOnlyList<FilterDecision> decisions, FilterOptions options)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(decisions);
        ArgumentNullException.ThrowIfNull(options);
        return [.. Enumerable.Range(0, map.Tasks.Count)
            .Where(task => !decisions[task].Isolate && map.Others[task] is { } others && others.Low <= options.Tolerance && options.Tolerance < others.High)
            .OrderByDescending(task => map.Others[task]!.Value)];
    }

    /// <summary>The open task with the largest proven harm, done to it or by it, among those with examples enough.</summary>
    private static (int Task, FilterEvidence Proof)? Worst(CompatibilityMap map, FilterOptions options, HashSet<int> open)
    {
        (int Task, FilterEvidence Proof)? worst = null;
        foreach (var task in open.Order().Where(task => map.Examples[task] >= options.ExamplesMin))
        {
            foreach (var proof in Harms(map, task, open).Where(proof => proof.Effect.Low > options.Tolerance))
            {
                if (worst is not { } before || proof.Effect.Low > before.Proof.Effect.Low)
                    worst = (task, proof);
            }
        }

        return worst;
    }

    private static IEnumerable<FilterEvidence> Harms(CompatibilityMap map, int task, HashSet<int> open)
    {
        // With a task gone the others' sum is no longer what was measured; pairs still are.
        if (open.Count == map.Tasks.Count && map.Others[task] is { } others)
            yield return new FilterEvidence(null, map.Tasks[task], others, map.Method);
        foreach (var other in open.Order().Where(other => other != task))
        {
            if (map.Effects[task][other] is { } effect)
                yield return new FilterEvidence(map.Tasks[task], map.Tasks[other], effect, map.Method);
        }
    }

    private static FilterDecision Keep(CompatibilityMap map, FilterOptions options, int task)
    {
        var all = Enumerable.Range(0, map.Tasks.Count).ToHashSet();
        var worst = Harms(map, task, all).MaxBy(proof => proof.Effect.Low);
        return new FilterDecision(map.Tasks[task], false, FilterSentences.Kept(map, options, task, worst), worst, map.Examples[task]);
    }
}

/// <summary>Decisions in words.</summary>
internal static class FilterSentences
{
    public static string LeftOut(CompatibilityMap map, int task, FilterEvidence proof) => proof.Source is null
        ? $"Left out because the other tasks raise its validation loss by {Size(map, proof.Effect)}, by estimate, after {map.Examples[task]:N0} examples of it in the probe."
        : $"Left out because it raises the validation loss of {proof.Target} by {Size(map, proof.Effect)}, by estimate.";

    public static string Harm(CompatibilityMap map, FilterEvidence proof) => proof.Source is null
        ? $"By estimate the other tasks raise its validation loss by {Size(map, proof.Effect)}."
        : $"By estimate it raises the validation loss of {proof.Target} by {Size(map, proof.Effect)}.";

    public static string Kept(CompatibilityMap map, FilterOptions options, int task, FilterEvidence? worst)
    {
        if (worst is null)
            return "Kept without a measurement: there is nothing to compare it with.";
        if (worst.Effect.Low > options.Tolerance)
            return map.Examples[task] < options.ExamplesMin
                ? $"Kept: {Lower(Harm(map, worst))} But {map.Examples[task]:N0} examples of it are too few to decide by; the recipe asks for {options.ExamplesMin:N0}."
                : $"Kept: what it was measured against has left the mixture. Before, {Lower(Harm(map, worst))}";
        var others = map.Others[task];
        if (others is { High: < 0 })
            return $"Kept: by estimate the other tasks lower its validation loss by {Size(map, others)}.";
        return worst.Effect.Low > 0
            ? $"Kept: {Lower(Harm(map, worst)).TrimEnd('.')}, which is not proven to exceed the tolerance of {options.Tolerance.ToString("0.#%", CultureInfo.InvariantCulture)}."
            : "Kept: no effect that hurts is proven, neither on it nor by it.";
    }

    /// <summary>"1.8 % (1.2 to 2.4)" or, for affinity, "0.3 (0.1 to 0.5) of what a step on a task's own rows gains".</summary>
    public static string Size(CompatibilityMap map, Interval effect) => map.Method == AffinityMethod
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(effect.Value):0.00} ({Ends(effect, "0.00", 1)}) of what a step on a task's own rows gains")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(effect.Value) * 100:0.0} % ({Ends(effect, "0.0", 100)})");

    internal const string AffinityMethod = "affinity";

    private static string Ends(Interval effect, string format, double scale)
    {
        double[] ends = effect.Value < 0 ? [-effect.High * scale, -effect.Low * scale] : [effect.Low * scale, effect.High * scale];
        return $"{ends[0].ToString(format, CultureInfo.InvariantCulture)} to {ends[1].ToString(format, CultureInfo.InvariantCulture)}";
    }

    private static string Lower(string sentence) => char.ToLowerInvariant(sentence[0]) + sentence[1..];
}
