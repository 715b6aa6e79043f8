namespace Platform.Jobs.Dispatch;

public sealed partial class ClaimedWork
{
    [LoggerMessage(111, LogLevel.Information, "The work on {Kind} {EntityId} stopped before its end; whoever claims it next goes on.")]
    private partial void LogStopped(string kind, Guid entityId);

    [LoggerMessage(112, LogLevel.Error, "The work on {Kind} {EntityId} broke off; it is tried again in {RetrySeconds} seconds.")]
    private partial void LogBrokeOff(Exception exception, string kind, Guid entityId, double retrySeconds);
}
