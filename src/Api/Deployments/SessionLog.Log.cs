namespace Platform.Api.Deployments;

internal sealed partial class SessionLog
{
    [LoggerMessage(EventId = 1400, Level = LogLevel.Warning, Message = "The engine session could not be written; it is tried again with the next beat")]
    private partial void LogBeatFailed(Exception exception);
}
