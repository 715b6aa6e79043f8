namespace Platform.Domain.Tasks.Labels;

/// <summary>Translates a model's labels into the names of the set that a caller knows.</summary>
public static class LabelNames
{
    /// <param name="sets">All of the task's, in the order of their numbers.</param>
    /// <param name="served">The labels that the model knows.</param>
    /// <param name="wanted">Number of the caller's set.</param>
    /// <returns>By the model's label; null when nothing has to be translated.</returns>
    public static IReadOnlyDictionary<string, string>? Between(IReadOnlyList<LabelSet> sets, IReadOnlyList<string> served, int wanted)
    {
        // Two sets with the same labels need no translation between them: either stands for the model's.
        var current = sets.LastOrDefault(set => set.Number == wanted && SameLabels(set.Labels, served)) ?? sets.LastOrDefault(set => SameLabels(set.Labels, served));
        if (current is null || current.Number == wanted || !sets.Any(set => set.Number == wanted))
            return null;
        var names = served.ToDictionary(label => label, label => label, StringComparer.Ordinal);
        var steps = current.Number > wanted
            ? sets.Where(set => set.Number > wanted && set.Number <= current.Number).OrderByDescending(set => set.Number).Select(set => (set, Back: true))
            : sets.Where(set => set.Number > current.Number && set.Number <= wanted).OrderBy(set => set.Number).Select(set => (set, Back: false));
        foreach (var (set, back) in steps)
            foreach (var label in served)
                names[label] = Step(set.Changes, names[label], back);
        return names.Any(pair => pair.Key != pair.Value) ? names : null;
    }

    /// <summary>A label that was split cannot be told apart by a model that does not know the parts, and one that was retired has no successor: both keep their name.</summary>
    private static string Step(IReadOnlyList<LabelChange> changes, string label, bool back)
    {
        foreach (var change in changes)
        {
            var (source, target) = back ? (change.To, change.From) : (change.From, change.To);
            if (source.Contains(label, StringComparer.Ordinal) && target.Count > 0 && (back || target.Count == 1))
                return target[0];
        }

        return label;
    }

    private static bool SameLabels(IReadOnlyList<string> left, IReadOnlyList<string> right) => left.Count == right.Count && left.ToHashSet(StringComparer.Ordinal).SetEquals(right);
}
