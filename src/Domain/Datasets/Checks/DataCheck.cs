using Platform.Domain.Tasks;

namespace Platform.Domain.Datasets.Checks;

/// <summary>Looks at all of a dataset before any compute is spent on it, and never stops at the first problem.</summary>
public static class DataCheck
{
    /// <param name="folder">The dataset version's folder on disk.</param>
    public static Task<IReadOnlyList<DataFinding>> RunAsync(
        TaskDefinition task, string folder, CheckLimits limits, IReadOnlyList<NeighbourDataset> neighbours, CancellationToken cancellationToken) =>
        RunAsync(task, folder, limits, neighbours, NoObserver.Instance, cancellationToken);

    /// <param name="folder">The dataset version's folder on disk.</param>
    /// <param name="observer">Sees every row and every row's problems.</param>
    public static async Task<IReadOnlyList<DataFinding>> RunAsync(
        TaskDefinition task, string folder, CheckLimits limits, IReadOnlyList<NeighbourDataset> neighbours, IRowObserver observer, CancellationToken cancellationToken)
    {
        var findings = new FindingList(observer);
        var rowRules = new RowRules(task, findings);
        var repetitions = new RepetitionRules(task, findings);
        var splitRules = new SplitRules(task, limits, findings);
        foreach (var split in Splits.All)
            await foreach (var row in DatasetRow.ReadAsync(folder, split, cancellationToken))
            {
                var tokens = limits.CountTokens?.Invoke(row.Text, row.Text2, row.Output);
                observer.See(row, split, tokens);
                rowRules.Check(row, split.FileName());
                repetitions.Check(row, split);
                splitRules.Check(row, split, tokens);
            }

        repetitions.Finish();
        splitRules.Finish();
        foreach (var neighbour in neighbours)
            await repetitions.CheckAgainstAsync(neighbour, cancellationToken);
        return findings.ToList();
    }
}
