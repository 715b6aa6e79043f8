using Hangfire;
using Platform.Domain.Claims;
using Platform.Domain.Datasets.Intakes;
using Platform.Jobs.Claims;
using Platform.Jobs.Dispatch;

namespace Platform.Jobs.Datasets;

/// <summary>Reads the rows of an upload that has arrived.</summary>
[AutomaticRetry(Attempts = 0)]
public sealed partial class IntakeJob(ClaimedWork work, IntakeReading reading, ILogger<IntakeJob> logger)
{
    public Task RunAsync(Guid intakeId, CancellationToken cancellationToken) => work.RunAsync<DatasetIntake>(intakeId, ReadAsync, cancellationToken);

    private async Task ReadAsync(HeldClaim<DatasetIntake> held, CancellationToken cancellationToken)
    {
        await reading.RemoveAbandonedAsync(cancellationToken);
        var read = await reading.RunAsync(held.Claim, cancellationToken);
        if (read.IsSuccess)
            LogRead(read.Value.Task!.Name, read.Value.Status, read.Value.RowsRead);
        else if (read.Error.Code != ClaimErrors.LostCode)
            throw new InvalidOperationException(read.Summary);
    }
}
