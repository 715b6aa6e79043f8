using Platform.Engine.MultiTask;

namespace Platform.Engine.Training;

/// <summary>Which rows each update sees: a pure function of the data, the counts and the seed.</summary>
internal sealed class BatchPlan
{
    private const int WindowBatches = 8; // batches among which rows are sorted by length, so that little is padded

    private readonly List<(int Task, int Row)[]> _batches = [];

    public BatchPlan(IReadOnlyList<TokenizedTask> tasks, IReadOnlyList<long> counts, int batchExamples, long seed)
    {
        var schedule = Schedule.Build(counts, [.. tasks.Select(t => t.Rows.Count)], seed);
        var random = new SeededRandom(seed + 1);
        foreach (var window in schedule.Chunk(batchExamples * WindowBatches))
        {
            var batches = window
                .Select((entry, order) => (entry, order))
                .OrderBy(e => tasks[e.entry.Task].Rows[e.entry.Example].Ids.Length).ThenBy(e => e.order)
                .Select(e => (e.entry.Task, e.entry.Example))
                .Chunk(batchExamples).ToArray();
            random.Shuffle<(int, int)[]>(batches);
            _batches.AddRange(batches);
        }

        Examples = schedule.Count;
    }

    public int Count => _batches.Count;

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
