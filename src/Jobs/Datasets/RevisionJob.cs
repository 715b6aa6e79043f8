using Hangfire;
using Platform.Domain.Claims;
using Platform.Domain.Datasets.Revisions;
using Platform.Jobs.Claims;
using Platform.Jobs.Dispatch;

namespace Platform.Jobs.Datasets;

/// <summary>Writes the dataset version that somebody's changes make.</summary>
[AutomaticRetry(Attempts = 0)]
public sealed partial class RevisionJob(ClaimedWork work, RevisionWriting writing, ILogger<RevisionJob> logger)
{
    public Task RunAsync(Guid revisionId, CancellationToken cancellationToken) => work.RunAsync<DatasetRevision>(revisionId, WriteAsync, cancellationToken);

    private async Task WriteAsync(HeldClaim<DatasetRevision> held, CancellationToken cancellationToken)
    {
        var written = await writing.RunAsync(held.Claim, cancellationToken);
        if (written.IsSuccess)
            LogWritten(written.Value.Task!.Name, written.Value.Status);
        else if (written.Error.Code != ClaimErrors.LostCode)
            throw new InvalidOperationException(written.Summary);
    }
}
