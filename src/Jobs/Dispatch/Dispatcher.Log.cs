namespace Platform.Jobs.Dispatch;

public sealed partial class Dispatcher
{
    [LoggerMessage(121, LogLevel.Information, "{Kind} {EntityId} has work; Hangfire job {JobId} takes it.")]
    private partial void LogDispatched(string kind, Guid entityId, string jobId);

    [LoggerMessage(122, LogLevel.Information, "The process that worked on {Kind} {EntityId} is dead; the work is taken up again.")]
    private partial void LogReleased(string kind, Guid entityId);

    [LoggerMessage(123, LogLevel.Warning, "The database could not be asked for work; the next poll tries again.")]
    private partial void LogPollFailed(Exception exception);
}
