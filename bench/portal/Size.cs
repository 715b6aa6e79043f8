namespace Platform.PortalBench;

/// <summary>How much an installation holds.</summary>
/// <param name="Rows">Of the largest dataset.</param>
/// <param name="UsageRecords">Over sixty days.</param>
/// <param name="Versions">Model versions, each from a run over all tasks.</param>
internal sealed record Size(int Tasks, long Rows, long UsageRecords, int Versions)
{
    public const int Teams = 10;
    public const int KeysPerTeam = 20;
    public const int Days = 60;

    /// <summary>Of each of the other datasets.</summary>
    public const int SmallRows = 60;

    public override string ToString() => $"{Tasks:N0} tasks, {UsageRecords:N0} usage records, {Rows:N0} rows in the largest dataset, {Versions:N0} runs and model versions";
}
