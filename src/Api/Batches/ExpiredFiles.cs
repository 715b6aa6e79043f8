using Microsoft.Extensions.Options;
using Platform.Api.Setup;
using Platform.Domain.Batches;

namespace Platform.Api.Batches;

/// <summary>Deletes files whose time is over, again and again.</summary>
internal sealed partial class ExpiredFiles(FileStore files, IOptions<ApiOptions> options, TimeProvider clock, ILogger<ExpiredFiles> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.CleanUpPoll, clock);
        do
        {
            try
            {
                if (await files.DeleteExpiredAsync(stoppingToken) is > 0 and var deleted)
                    LogDeleted(deleted);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogNotDeleted(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(EventId = 1780, Level = LogLevel.Information, Message = "{Count} files were deleted: their time was over")]
    private partial void LogDeleted(int count);

    [LoggerMessage(EventId = 1781, Level = LogLevel.Warning, Message = "Files whose time is over could not be deleted; it is tried again soon")]
    private partial void LogNotDeleted(Exception exception);
}
