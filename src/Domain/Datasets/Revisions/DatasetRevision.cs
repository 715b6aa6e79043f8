using System.Linq.Expressions;
using Platform.Domain.Claims;
using Platform.Domain.Tasks;

namespace Platform.Domain.Datasets.Revisions;

public enum RevisionStatus
{
    /// <summary>Somebody collects changes.</summary>
    Draft,
    Queued,
    Writing,
    Stored,
    Failed,
    Discarded,
}

/// <summary>What happens to one row.</summary>
/// <param name="Text">Null leaves it as it is; likewise the others.</param>
public sealed record RowChange(Split Split, long Line, bool Excluded = false, string? Text = null, string? Text2 = null, string? Output = null)
{
    public bool IsNone => !Excluded && Text is null && Text2 is null && Output is null;
}

/// <summary>What happens to the rows of a label; of several moves of the same label the first one that fits a row holds.</summary>
/// <param name="To">Null: the rows are left out.</param>
/// <param name="Words">Only rows that have all of these; null for all rows of the label.</param>
public sealed record LabelMove(string From, string? To, string? Words = null);

/// <summary>Changes to a dataset version on their way to a new one; the old one stays as it is.</summary>
public sealed class DatasetRevision : IClaimable<DatasetRevision>
{
    /// <summary>Changes made by hand, row by row: more of them are better made in the file.</summary>
    public const int MostRowChanges = 2_000;

    public static Expression<Func<DatasetRevision, bool>> HasWork { get; } =
        revision => revision.Status == RevisionStatus.Queued || revision.Status == RevisionStatus.Writing;

    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid TaskId { get; init; }

    public TaskDefinition? Task { get; init; }

    public required Guid BaseVersionId { get; init; }

    public DatasetVersion? BaseVersion { get; init; }

    public RevisionStatus Status { get; private set; } = RevisionStatus.Draft;

    public IReadOnlyList<RowChange> Rows { get; private set; } = [];

    /// <summary>Codes of findings: every row that has one of them is left out.</summary>
    public IReadOnlyList<string> ExcludedProblems { get; private set; } = [];

    public IReadOnlyList<LabelMove> Labels { get; init; } = [];

    public Guid? CreatedById { get; init; }

    public required string CreatedByName { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? EndedAt { get; private set; }

    public Guid? ResultVersionId { get; private set; }

    public DatasetVersion? ResultVersion { get; private set; }

    /// <summary>Why there is no new version.</summary>
    public string? Error { get; private set; }

    public string? ClaimOwner { get; private set; }

    public long ClaimFence { get; private set; }

    public DateTimeOffset? HeartbeatAt { get; private set; }

    public bool IsOver => Status is RevisionStatus.Stored or RevisionStatus.Failed or RevisionStatus.Discarded;

    public bool IsEmpty => Rows.Count == 0 && ExcludedProblems.Count == 0 && Labels.Count == 0;

    internal void Change(RowChange change)
    {
        Require(RevisionStatus.Draft);
        IEnumerable<RowChange> others = Rows.Where(row => row.Split != change.Split || row.Line != change.Line);
        Rows = [.. change.IsNone ? others : others.Append(change)];
    }

    internal void ExcludeProblem(string code, bool isExcluded)
    {
        Require(RevisionStatus.Draft);
        IEnumerable<string> others = ExcludedProblems.Where(other => other != code);
        ExcludedProblems = [.. isExcluded ? others.Append(code) : others];
    }

    internal void Queue()
    {
        Require(RevisionStatus.Draft);
        Status = RevisionStatus.Queued;
    }

    internal void Discard(DateTimeOffset at)
    {
        Require(RevisionStatus.Draft);
        (Status, EndedAt) = (RevisionStatus.Discarded, at);
    }

    /// <summary>Safe to repeat: writing that died begins again.</summary>
    internal void BeginWriting()
    {
        Require(RevisionStatus.Queued, RevisionStatus.Writing);
        Status = RevisionStatus.Writing;
    }

    internal void Complete(DatasetVersion version, DateTimeOffset at)
    {
        Require(RevisionStatus.Writing);
        (Status, ResultVersionId, EndedAt, ClaimOwner, HeartbeatAt) = (RevisionStatus.Stored, version.Id, at, null, null);
    }

    internal void Fail(string error, DateTimeOffset at)
    {
        Require(RevisionStatus.Writing);
        (Status, Error, EndedAt, ClaimOwner, HeartbeatAt) = (RevisionStatus.Failed, error, at, null, null);
    }

    private void Require(params ReadOnlySpan<RevisionStatus> allowed)
    {
        if (!allowed.Contains(Status))
            throw new InvalidOperationException($"The revision is {Status}, which does not allow this.");
    }
}
