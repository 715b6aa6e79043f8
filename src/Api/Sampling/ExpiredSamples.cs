using Microsoft.Extensions.Options;
using Platform.Api.Setup;
using Platform.Domain.Sampling;

namespace Platform.Api.Sampling;

/// <summary>Deletes samples whose time is over, again and again.</summary>
internal sealed partial class ExpiredSamples(SampleDeletion deletion, IOptions<ApiOptions> options, TimeProvider clock, ILogger<ExpiredSamples> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.CleanUpPoll, clock);
        do
        {
            try
            {
                if (await deletion.DeleteExpiredAsync(options.Value.MaxTaskSamples, stoppingToken) is > 0 and var deleted)
                    LogDeleted(deleted);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogNotDeleted(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(EventId = 1760, Level = LogLevel.Information, Message = "{Count} samples were deleted: their time was over, or their task had too many")]
    private partial void LogDeleted(int count);

    [LoggerMessage(EventId = 1761, Level = LogLevel.Warning, Message = "Samples whose time is over could not be deleted; it is tried again soon")]
    private partial void LogNotDeleted(Exception exception);
}
