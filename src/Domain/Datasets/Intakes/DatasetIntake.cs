using System.Linq.Expressions;
using Platform.Domain.Claims;
using Platform.Domain.Datasets.Formats;
using Platform.Domain.Results;
using Platform.Domain.Tasks;

namespace Platform.Domain.Datasets.Intakes;

public enum IntakeStatus
{
    /// <summary>Its files are on their way; they may be for days.</summary>
    Receiving,

    /// <summary>All bytes are there, and somebody has to say which column is which.</summary>
    Received,

    /// <summary>Waits for a jobs host to read the rows.</summary>
    Queued,
    Reading,
    Stored,
    Refused,
    Cancelled,
}

/// <summary>A file of an upload as its browser announced it.</summary>
/// <param name="Modified">Tells a changed file from the one that was half sent; Unix milliseconds.</param>
public sealed record IntakeFile(Split Split, string Name, long SizeBytes, long Modified);

/// <summary>An upload from its first byte to the dataset version that it becomes.</summary>
public sealed class DatasetIntake : IClaimable<DatasetIntake>
{
    public static Expression<Func<DatasetIntake, bool>> HasWork { get; } =
        intake => intake.Status == IntakeStatus.Queued || intake.Status == IntakeStatus.Reading;

    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid TaskId { get; init; }

    public TaskDefinition? Task { get; init; }

    public IReadOnlyList<IntakeFile> Files { get; init; } = [];

    public IntakeStatus Status { get; private set; } = IntakeStatus.Receiving;

    /// <summary>Its files inside the artifact store, where hosts share no folder; else null.</summary>
    public string? ArtifactPath { get; private set; }

    /// <summary>Which column is which; only tables have one.</summary>
    public IReadOnlyList<ColumnMap> Columns { get; private set; } = [];

    public long RowsRead { get; private set; }

    /// <summary>Why it was refused.</summary>
    public IReadOnlyList<Error> Problems { get; private set; } = [];

    public Guid? DatasetVersionId { get; private set; }

    public DatasetVersion? DatasetVersion { get; private set; }

    /// <summary>False when the task had a version with exactly this content already.</summary>
    public bool IsNew { get; private set; }

    public Guid? StartedById { get; init; }

    public required string StartedByName { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; private set; }

    public string? ClaimOwner { get; private set; }

    public long ClaimFence { get; private set; }

    public DateTimeOffset? HeartbeatAt { get; private set; }

    public bool IsOver => Status is IntakeStatus.Stored or IntakeStatus.Refused or IntakeStatus.Cancelled;

    public long SizeBytes => Files.Sum(file => file.SizeBytes);

    internal void Receive()
    {
        Require(IntakeStatus.Receiving);
        Status = IntakeStatus.Received;
    }

    internal void Queue(ColumnMap map, string? artifactPath)
    {
        Require(IntakeStatus.Received);
        Columns = [map];
        ArtifactPath = artifactPath;
        Status = IntakeStatus.Queued;
    }

    /// <summary>Safe to repeat: reading that died begins again.</summary>
    internal void BeginReading()
    {
        Require(IntakeStatus.Queued, IntakeStatus.Reading);
        Status = IntakeStatus.Reading;
        RowsRead = 0;
    }

    internal void Progress(long rows) => RowsRead = rows;

    internal void Complete(StoredDataset stored, long rows, DateTimeOffset at)
    {
        Require(IntakeStatus.Reading);
        (Status, DatasetVersionId, IsNew, RowsRead, EndedAt) = (IntakeStatus.Stored, stored.Version.Id, stored.IsNew, rows, at);
        LetGo();
    }

    internal void Refuse(IReadOnlyList<Error> problems, DateTimeOffset at)
    {
        Require(IntakeStatus.Reading);
        (Status, Problems, EndedAt) = (IntakeStatus.Refused, problems, at);
        LetGo();
    }

    internal void Cancel(DateTimeOffset at)
    {
        Require(IntakeStatus.Receiving, IntakeStatus.Received);
        (Status, EndedAt) = (IntakeStatus.Cancelled, at);
    }

    private void LetGo() => (ClaimOwner, HeartbeatAt) = (null, null);

    private void Require(params ReadOnlySpan<IntakeStatus> allowed)
    {
        if (!allowed.Contains(Status))
            throw new InvalidOperationException($"The upload is {Status}, which does not allow this.");
    }
}
