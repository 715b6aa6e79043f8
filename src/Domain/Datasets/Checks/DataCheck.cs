using Platform.Domain.Tasks;

namespace Platform.Domain.Datasets.Checks;

/// <summary>Looks at all of a dataset before any compute is spent on it, and never stops at the first problem.</summary>
public static class DataCheck
{
    /// <summary>Rows whose tokens are counted side by side: counting is most of the work, and rows do not depend on each other for it.</summary>
    private const int Portion = 512;

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
            await foreach (var portion in DatasetRow.ReadAsync(folder, split, cancellationToken).Chunk(Portion).WithCancellation(cancellationToken))
            {
                var tokens = Count(portion, limits);
                for (var i = 0; i < portion.Length; i++)
                {
                    observer.See(portion[i], split, tokens[i]);
                    rowRules.Check(portion[i], split.FileName());
                    repetitions.Check(portion[i], split);
                    splitRules.Check(portion[i], split, tokens[i]);
                }
            }

        repetitions.Finish();
        splitRules.Finish();
        foreach (var neighbour in neighbours)
            await repetitions.CheckAgainstAsync(neighbour, cancellationToken);
        return findings.ToList();
    }

    private static int?[] Count(DatasetRow[] rows, CheckLimits limits)
    {
        var tokens = new int?[rows.Length];
        if (limits.CountTokens is { } count)
            Parallel.For(0, rows.Length, i => tokens[i] = count(rows[i].Text, rows[i].Text2, rows[i].Output));
        return tokens;
    }
}
