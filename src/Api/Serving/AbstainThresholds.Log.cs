namespace Platform.Api.Serving;

internal sealed partial class AbstainThresholds
{
    [LoggerMessage(EventId = 1600, Level = LogLevel.Warning, Message = "The thresholds below which tasks abstain could not be read; those known before go on holding")]
    private partial void LogReadFailed(Exception exception);
}
