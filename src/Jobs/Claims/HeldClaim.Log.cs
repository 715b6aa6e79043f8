namespace Platform.Jobs.Claims;

public sealed partial class HeldClaim<T>
{
    [LoggerMessage(101, LogLevel.Warning, "Another process took over {EntityId}; the work on it stops here.")]
    private partial void LogLost(Guid entityId);

    [LoggerMessage(102, LogLevel.Warning, "The heartbeat of {EntityId} could not be written.")]
    private partial void LogBeatFailed(Exception exception, Guid entityId);
}
