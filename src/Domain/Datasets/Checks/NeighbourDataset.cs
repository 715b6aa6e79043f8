using System.Runtime.CompilerServices;
using Platform.Domain.Persistence.RowIndexes;

namespace Platform.Domain.Datasets.Checks;

/// <summary>Another task's newest data, to look for leaks across tasks.</summary>
/// <param name="Folder">On disk.</param>
/// <param name="Version">Null where only the files are known.</param>
/// <param name="IndexFile">Of its row index, which may be absent.</param>
public sealed record NeighbourDataset(string TaskName, string Folder, DatasetVersion? Version = null, string? IndexFile = null)
{
    /// <summary>How many keys are read in the time that it takes to look one up.</summary>
    private const int ReadsPerLookUp = 10;

    /// <summary>
    /// The inputs of a split that may be among the wanted ones, with their lines. From the index, which holds keys alone: a large dataset is
    /// never read because a small one beside it is checked. From the files where there is no index yet.
    /// </summary>
    internal async IAsyncEnumerable<(UInt128 Key, long Line)> MatchesAsync(Split split, IReadOnlyCollection<UInt128> wanted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var index = Version is null || IndexFile is null ? null : await RowIndexKeys.OpenAsync(IndexFile, Version, cancellationToken);
        var matches = index is null ? ReadAsync(split, cancellationToken)
            : Version!.RowsIn(split) / ReadsPerLookUp <= wanted.Count ? index.AllAsync(split, cancellationToken)
            : index.FindAsync(split, wanted, cancellationToken);
        await foreach (var match in matches)
            yield return match;
    }

    private async IAsyncEnumerable<(UInt128 Key, long Line)> ReadAsync(Split split, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in DatasetRow.ReadAsync(Folder, split, cancellationToken))
            yield return (InputKey.Of(row), row.Line);
    }
}
