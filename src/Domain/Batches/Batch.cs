using System.Linq.Expressions;
using Platform.Domain.Claims;

namespace Platform.Domain.Batches;

public enum BatchStatus
{
    /// <summary>Waits, or its lines are being checked.</summary>
    Validating,
    InProgress,
    Completed,

    /// <summary>Its file cannot be used; nothing was answered.</summary>
    Failed,

    /// <summary>Time ran out; what was answered until then is in its files.</summary>
    Expired,
    Cancelling,
    Cancelled,
}

/// <summary>What is wrong with a batch's file.</summary>
/// <param name="Line">From 1; null where it is none in particular.</param>
public sealed record BatchProblem(string Code, string Message, int? Line, string? Field);

/// <summary>Many requests from a file, answered behind everything that somebody waits for.</summary>
public sealed class Batch : IClaimable<Batch>
{
    public static Expression<Func<Batch, bool>> HasWork { get; } = batch =>
        batch.Status == BatchStatus.Validating || batch.Status == BatchStatus.InProgress || batch.Status == BatchStatus.Cancelling;

    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid TeamId { get; init; }

    /// <summary>Who pays.</summary>
    public required Guid KeyId { get; init; }

    public required Guid InputFileId { get; init; }

    /// <summary>The path that every line names, such as <c>/v1/chat/completions</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The caller's own notes, a JSON object; null for none.</summary>
    public string? MetadataJson { get; init; }

    /// <summary>How long after they were written its files are deleted; the server's own time when null.</summary>
    public int? OutputExpiresAfterSeconds { get; init; }

    public BatchStatus Status { get; private set; } = BatchStatus.Validating;

    public IReadOnlyList<BatchProblem> Problems { get; private set; } = [];

    public int Total { get; private set; }

    public int Completed { get; private set; }

    public int Failed { get; private set; }

    /// <summary>Where answers go while it runs: known from the start, so that a restart finds what is there.</summary>
    public Guid OutputFileId { get; init; } = Guid.CreateVersion7();

    public Guid ErrorFileId { get; init; } = Guid.CreateVersion7();

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? StartedAt { get; private set; }

    public DateTimeOffset? CancellingAt { get; private set; }

    public DateTimeOffset? EndedAt { get; private set; }

    public string? ClaimOwner { get; private set; }

    public long ClaimFence { get; private set; }

    public DateTimeOffset? HeartbeatAt { get; private set; }

    public bool HasEnded => Status is BatchStatus.Completed or BatchStatus.Failed or BatchStatus.Expired or BatchStatus.Cancelled;

    internal void Start(int total, DateTimeOffset now)
    {
        Total = total;
        StartedAt ??= now;
        if (Status == BatchStatus.Validating)
            Status = BatchStatus.InProgress;
    }

    internal void Cancel(DateTimeOffset now)
    {
        if (HasEnded || Status == BatchStatus.Cancelling)
            return;
        Status = BatchStatus.Cancelling;
        CancellingAt = now;
    }

    internal void Count(int completed, int failed) => (Completed, Failed) = (completed, failed);

    internal void End(BatchStatus status, IReadOnlyList<BatchProblem> problems, DateTimeOffset now)
    {
        Status = status;
        Problems = problems;
        EndedAt = now;
        ClaimOwner = null;
        HeartbeatAt = null;
    }
}
