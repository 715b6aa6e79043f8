using Platform.Domain.Datasets;

namespace Platform.Domain.Tasks.Labels;

/// <param name="To">Null: left out.</param>
public sealed record LabelMoveCount(string From, string? To, string? Words, long Train, long Validation, long Test)
{
    public long Total => Train + Validation + Test;
}

/// <summary>An application that asked for the task lately.</summary>
public sealed record LabelCaller(Guid KeyId, string Name, string Team, long Requests, DateTimeOffset LastAt);

/// <summary>What a change of labels would touch.</summary>
/// <param name="Data">The version whose rows change; null when the task has none.</param>
/// <param name="Moves">Null where the rows are not indexed yet, so that they cannot be counted.</param>
/// <param name="Callers">Who asked for the task in the last <see cref="LabelLifeCycle.Lately"/>.</param>
public sealed record LabelPreview(
    IReadOnlyList<string> Labels, string Metric, DatasetVersion? Data, IReadOnlyList<LabelMoveCount>? Moves, IReadOnlyList<LabelCaller> Callers)
{
    public long Rows => Moves?.Sum(move => move.Total) ?? 0;
}
