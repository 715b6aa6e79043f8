namespace Platform.Domain.Datasets.Checks;

/// <summary>Collects findings; of the same kind in the same file only the first few are listed, then the rest is counted.</summary>
internal sealed class FindingList(IRowObserver observer)
{
    public const int ListedPerKind = 5;

    private readonly List<DataFinding> findings = [];
    private readonly Dictionary<(string Code, string? File), (int Index, long Count)> kinds = [];

    /// <param name="related">The other place, for a problem between two rows.</param>
    public void Add(DataFinding finding, string? related = null)
    {
        if (finding is { File: { } file, Line: { } line })
            Mark(finding, Splits.All.First(split => split.FileName() == file), line, related);
        var key = (finding.Code, finding.File);
        var (index, count) = kinds.GetValueOrDefault(key, (-1, 0));
        count++;
        if (count <= ListedPerKind)
            findings.Add(finding);
        else if (count == ListedPerKind + 1)
        {
            index = findings.Count;
            findings.Add(finding);
        }

        kinds[key] = (index, count);
    }

    /// <summary>Says that a row has a problem of which only the first row, or none, is listed.</summary>
    public void Mark(DataFinding finding, Split split, long line, string? related = null) => observer.Mark(finding.Code, finding.Severity, split, line, related);

    /// <summary>Errors first, then by file and line.</summary>
    public IReadOnlyList<DataFinding> ToList()
    {
        foreach (var ((_, file), (index, count)) in kinds.Where(kind => kind.Value.Index >= 0))
        {
            var more = count - ListedPerKind;
            findings[index] = findings[index] with
            {
                Count = more,
                Message = $"{more:N0} more of this kind in {file}, the next one in line {findings[index].Line:N0}.",
            };
        }

        return [.. findings.OrderByDescending(finding => finding.Severity).ThenBy(finding => finding.File, StringComparer.Ordinal).ThenBy(finding => finding.Code, StringComparer.Ordinal).ThenBy(finding => finding.Line)];
    }
}
