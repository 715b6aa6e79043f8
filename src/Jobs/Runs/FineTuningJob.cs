using Hangfire;
using Platform.Domain.Runs;
using Platform.Jobs.Dispatch;

namespace Platform.Jobs.Runs;

/// <summary>Executes a run, or goes on with it.</summary>
[AutomaticRetry(Attempts = 0)]
public sealed class FineTuningJob(ClaimedWork work, RunExecutor executor)
{
    public Task RunAsync(Guid runId, CancellationToken cancellationToken) =>
        work.RunAsync<FineTuningRun>(runId, (held, stop) => executor.ExecuteAsync(held.Claim, stop), cancellationToken);
}
