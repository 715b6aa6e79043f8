using Platform.Domain.Tasks;

namespace Platform.Domain.Datasets.Checks;

/// <summary>Repeated ids and rows, contradictory labels, and leaks between the splits of a task and from other tasks.</summary>
internal sealed class RepetitionRules(TaskDefinition task, FindingList findings)
{
    private const string Contradiction = "label_contradiction";
    private const string AcrossTasks = "leak_across_tasks";

    private readonly Dictionary<Split, Dictionary<UInt128, (long Line, UInt128 Output)>> inputs = Splits.All.ToDictionary(split => split, _ => new Dictionary<UInt128, (long, UInt128)>());
    private readonly Dictionary<UInt128, (Split Split, long Line)> ids = [];

    public void Check(DatasetRow row, Split split, RowKeys keys)
    {
        var file = split.FileName();
        if (!ids.TryAdd(keys.Id, (split, row.Line)))
        {
            var (firstSplit, firstLine) = ids[keys.Id];
            Add(FindingSeverity.Error, "id_duplicate", $"the id '{row.Id}' is that of {firstSplit.FileName()}, line {firstLine}, already; ids are unique within a dataset.", "id", Place(firstSplit, firstLine));
        }

        var (key, output) = (keys.Input, keys.Output);
        if (!inputs[split].TryAdd(key, (row.Line, output)))
        {
            var first = inputs[split][key];
            if (first.Output == output)
                Add(FindingSeverity.Warning, "row_duplicate", $"the row repeats line {first.Line}.", "input", Place(split, first.Line));
            else if (task.Kind.AnswersWithLabel())
            {
                Add(FindingSeverity.Warning, Contradiction, $"the same input has another label in line {first.Line}; the model can learn at most one of them.", "output", Place(split, first.Line));
                findings.Mark(new DataFinding(FindingSeverity.Warning, Contradiction, ""), split, first.Line, Place(split, row.Line));
            }
        }

        foreach (var earlier in Splits.All.Where(earlier => earlier < split))
            if (inputs[earlier].TryGetValue(key, out var seen))
                Add(FindingSeverity.Warning, "leak_between_splits", $"the same input is in {earlier.FileName()}, line {seen.Line}; scores on it say little about new inputs. Remove it from one of the two.", "input", Place(earlier, seen.Line));

        void Add(FindingSeverity severity, string code, string message, string field, string related) =>
            findings.Add(new DataFinding(severity, code, $"{file}, line {row.Line}: {message}", file, row.Line, field), related);
    }

    /// <summary>Repetitions teach nothing: what counts are different inputs.</summary>
    public void Finish()
    {
        if (inputs[Split.Train].Count == 1)
        {
            var file = Split.Train.FileName();
            findings.Add(new DataFinding(
                FindingSeverity.Error, "train_rows_alike", $"{file}: there is only one training input, whether once or repeated; a task needs different ones. Add rows.", file, 1, "input"));
        }
    }

    /// <summary>
    /// All tasks train one model, so another task's training rows that hold this task's test inputs leak as much as its own would.
    /// Both directions are looked at: whichever of two tasks is checked last sees the leak.
    /// </summary>
    public async Task CheckAgainstAsync(NeighbourDataset other, CancellationToken cancellationToken)
    {
        var tested = await SharedAsync(Split.Test, other, Split.Train, cancellationToken);
        if (tested.Count > 0)
            AddLeak(Split.Test, tested, $"{tested.Count:N0} of the test inputs are also training inputs of the task '{other.TaskName}' (line {tested.OtherLine} of its train.jsonl). The shared model would see them in training; remove them from one of the two.");
        var trained = await SharedAsync(Split.Train, other, Split.Test, cancellationToken);
        if (trained.Count > 0)
            AddLeak(Split.Train, trained, $"{trained.Count:N0} of the training inputs are also test inputs of the task '{other.TaskName}' (line {trained.OtherLine} of its test.jsonl). The shared model would see them in training; remove them from one of the two.");
    }

    private async Task<(long Count, long Line, long OtherLine)> SharedAsync(Split mine, NeighbourDataset other, Split theirs, CancellationToken cancellationToken)
    {
        var (count, line, otherLine) = (0L, 0L, 0L);
        var seen = new HashSet<UInt128>();
        await foreach (var (key, place) in other.MatchesAsync(theirs, inputs[mine].Keys, cancellationToken))
        {
            if (!inputs[mine].TryGetValue(key, out var first) || !seen.Add(key))
                continue;
            if (count++ == 0)
                (line, otherLine) = (first.Line, place);
            findings.Mark(new DataFinding(FindingSeverity.Warning, AcrossTasks, ""), mine, first.Line, $"{other.TaskName}, {Place(theirs, place)}");
        }

        return (count, line, otherLine);
    }

    private static string Place(Split split, long line) => $"{split.FileName()}, line {line}";

    private void AddLeak(Split split, (long Count, long Line, long OtherLine) leak, string message) => findings.Add(new DataFinding(
        FindingSeverity.Warning, AcrossTasks, $"{split.FileName()}, line {leak.Line}: {message}", split.FileName(), leak.Line, "input", leak.Count));
}
