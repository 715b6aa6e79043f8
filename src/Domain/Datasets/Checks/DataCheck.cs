using Platform.Domain.Tasks;

namespace Platform.Domain.Datasets.Checks;

/// <summary>Looks at all of a dataset before any compute is spent on it, and never stops at the first problem.</summary>
public static class DataCheck
{
    /// <param name="folder">The dataset version's folder on disk.</param>
    public static async Task<IReadOnlyList<DataFinding>> RunAsync(
        TaskDefinition task, string folder, CheckLimits limits, IReadOnlyList<NeighbourDataset> neighbours, CancellationToken cancellationToken)
    {
        var findings = new FindingList();
        var rowRules = new RowRules(task, findings);
        var repetitions = new RepetitionRules(task, findings);
        var splitRules = new SplitRules(task, limits, findings);
        foreach (var split in Splits.All)
            await foreach (var row in DatasetRow.ReadAsync(folder, split, cancellationToken))
            {
                rowRules.Check(row, split.FileName());
                repetitions.Check(row, split);
                splitRules.Check(row, split);
            }

        repetitions.Finish();
        splitRules.Finish();
        foreach (var neighbour in neighbours)
            await repetitions.CheckAgainstAsync(neighbour, cancellationToken);
        return findings.ToList();
    }
}
