using Platform.Domain.Tasks;

namespace Platform.Domain.Datasets.Checks;

/// <summary>Looks at all of a dataset before any compute is spent on it, and never stops at the first problem.</summary>
public static class DataCheck
{
    /// <summary>Rows whose tokens and keys are made side by side: that is most of the work, and rows do not depend on each other for it.</summary>
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
                foreach (var (row, tokens, keys) in Prepare(portion, limits))
                {
                    observer.See(row, split, tokens, keys.Input);
                    rowRules.Check(row, split.FileName());
                    repetitions.Check(row, split, keys);
                    splitRules.Check(row, split, tokens);
                }
            }

        repetitions.Finish();
        splitRules.Finish();
        foreach (var neighbour in neighbours)
            await repetitions.CheckAgainstAsync(neighbour, cancellationToken);
        return findings.ToList();
    }

    private static (DatasetRow Row, int? Tokens, RowKeys Keys)[] Prepare(DatasetRow[] rows, CheckLimits limits)
    {
        var prepared = new (DatasetRow, int?, RowKeys)[rows.Length];
        Parallel.For(0, rows.Length, i =>
        {
            var row = rows[i];
            prepared[i] = (row, limits.CountTokens?.Invoke(row.Text, row.Text2, row.Output), new RowKeys(InputKey.Hash(row.Id), InputKey.Of(row), InputKey.Hash(row.Output)));
        });
        return prepared;
    }
}
