using Platform.Engine.MultiTask;

namespace Platform.Engine.Training;

/// <summary>Which rows each update sees: a pure function of the data, the counts and the seed.</summary>
internal sealed class BatchPlan
{
    private readonly (int Task, int Row)[][] _batches;

    /// <remarks>
    /// A batch holds examples as the mixture drew them. Sorting by length would bring examples of one task together, since a task's prompts are
    /// about equally long, and an update from one task alone undoes part of the others' (Aghajanyan et al., EMNLP 2021,
    /// https://arxiv.org/abs/2101.11038: a shared model needs heterogeneous batches). <see cref="PackedRows"/> pads nothing on a CPU, and within a batch only.
    /// </remarks>
    /// <param name="tasks">The tasks of the mixture.</param>
    /// <param name="counts">Examples of each.</param>
    /// <param name="places">Places of the tasks among all of the training, the same in each of its stretches.</param>
    /// <param name="options">How.</param>
    public BatchPlan(IReadOnlyList<TokenizedTask> tasks, IReadOnlyList<long> counts, IReadOnlyList<int> places, TrainingOptions options)
    {
        List<int> sizes = [.. tasks.Select(t => t.Rows.Count)];
        var schedule = options.Stretch is { } stretch
            ? Schedule.Build(counts, sizes, options.Seed, [.. tasks.Select(t => stretch.ShownBefore.GetValueOrDefault(t.Name))], places)
            : Schedule.Build(counts, sizes, options.Seed);
        _batches = [.. schedule.Chunk(options.BatchExamples)];
        Examples = schedule.Count;
    }

    public int Count => _batches.Length;

    public long Examples { get; }

    /// <summary>The rows of a batch; tasks that stopped early keep a share of theirs, so that they are not forgotten.</summary>
    /// <param name="index">Number of the batch.</param>
    /// <param name="stopped">Tasks that stopped.</param>
    /// <param name="replayShare">The share, 0 to 1.</param>
    public IReadOnlyList<(int Task, int Row)> Batch(int index, IReadOnlySet<int> stopped, double replayShare) => stopped.Count == 0
        ? _batches[index]
        : [.. _batches[index].Where((entry, place) => !stopped.Contains(entry.Task) || IsReplayed(index + place, replayShare))];

    // Evenly spread: the running total of the share passes a whole number.
    private static bool IsReplayed(long number, double share) => Math.Floor((number + 1) * share) > Math.Floor(number * share);
}
