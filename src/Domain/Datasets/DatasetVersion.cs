using System.Linq.Expressions;
using Platform.Domain.Claims;
using Platform.Domain.Tasks;

namespace Platform.Domain.Datasets;

public enum DatasetStatus
{
    Uploaded,
    Checking,
    Ready,
    Rejected,
}

/// <summary>Data of a task at one moment. Its rows never change: new data is a new version.</summary>
public sealed class DatasetVersion : IClaimable<DatasetVersion>
{
    public static Expression<Func<DatasetVersion, bool>> HasWork { get; } =
        version => version.Status == DatasetStatus.Uploaded || version.Status == DatasetStatus.Checking;

    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid TaskId { get; init; }

    public TaskDefinition? Task { get; init; }

    /// <summary>1, 2, 3 ... within the task.</summary>
    public required int Number { get; init; }

    /// <summary>Content address over the normalised files, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    public required long TrainRows { get; init; }

    public required long ValidationRows { get; init; }

    public required long TestRows { get; init; }

    public required long SizeBytes { get; init; }

    public DatasetStatus Status { get; private set; } = DatasetStatus.Uploaded;

    public IReadOnlyList<DataFinding> Findings { get; private set; } = [];

    /// <summary>Folder inside the artifact store; holds train.jsonl, validation.jsonl and test.jsonl.</summary>
    public required string ArtifactPath { get; init; }

    /// <summary>The row index of the last check inside the artifact store, where hosts share no folder; else null.</summary>
    public string? RowIndexPath { get; private set; }

    public Guid? UploadedById { get; init; }

    public required string UploadedByName { get; init; }

    public required DateTimeOffset UploadedAt { get; init; }

    /// <summary>Rows that the check has read so far; all of them once it has ended.</summary>
    public long RowsChecked { get; private set; }

    public DateTimeOffset? CheckedAt { get; private set; }

    /// <summary>Entropy of the training answers, bits per row: how much there is to be learnt in one. Null until checked, and for versions checked before it was measured.</summary>
    public double? AnswerBits { get; private set; }

    public long Rows => TrainRows + ValidationRows + TestRows;

    public string? ClaimOwner { get; private set; }

    public long ClaimFence { get; private set; }

    public DateTimeOffset? HeartbeatAt { get; private set; }

    public long RowsIn(Split split) => split switch
    {
        Split.Train => TrainRows,
        Split.Validation => ValidationRows,
        _ => TestRows,
    };

    /// <summary>0-based position of a split's first row when all splits are counted through: train, then validation, then test.</summary>
    public long FirstOf(Split split) => Splits.All.Where(earlier => earlier < split).Sum(RowsIn);

    /// <summary>Safe to repeat: a check that died starts again from <see cref="DatasetStatus.Checking"/>.</summary>
    public void BeginCheck()
    {
        if (Status is not (DatasetStatus.Uploaded or DatasetStatus.Checking))
            throw new InvalidOperationException($"Dataset version {Number} was checked already ({Status}).");
        Status = DatasetStatus.Checking;
        RowsChecked = 0;
    }

    /// <summary>How far the check is.</summary>
    public void ReportChecked(long rows)
    {
        if (Status != DatasetStatus.Checking)
            throw new InvalidOperationException($"Dataset version {Number} is {Status}; only one in check makes progress.");
        RowsChecked = rows;
    }

    /// <summary>Any finding of severity error rejects the version; warnings and notes only inform.</summary>
    /// <param name="rowIndexPath">Where the row index is that was made, if it is an artifact.</param>
    /// <param name="answerBits">See <see cref="AnswerBits"/>.</param>
    public void CompleteCheck(IReadOnlyList<DataFinding> findings, DateTimeOffset at, string? rowIndexPath = null, double? answerBits = null)
    {
        if (Status != DatasetStatus.Checking)
            throw new InvalidOperationException($"Dataset version {Number} is {Status}; only one in check can complete it.");
        Findings = findings;
        RowIndexPath = rowIndexPath;
        AnswerBits = answerBits;
        RowsChecked = Rows;
        Status = findings.Any(finding => finding.Severity == FindingSeverity.Error) ? DatasetStatus.Rejected : DatasetStatus.Ready;
        CheckedAt = at;
    }

    internal void ShareRowIndex(string artifactPath) => RowIndexPath = artifactPath;

    /// <summary>
    /// The rules changed, so the same rows have to be looked at again. A check in progress judged by the old rules: it loses its
    /// claim and writes nothing.
    /// </summary>
    internal void CheckAgain()
    {
        Status = DatasetStatus.Uploaded;
        ClaimFence++;
        LetGo();
    }

    /// <summary>Ends the claim together with the change that it was taken for.</summary>
    internal void LetGo()
    {
        ClaimOwner = null;
        HeartbeatAt = null;
    }
}
