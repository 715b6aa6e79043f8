namespace Platform.Api.Labels;

internal sealed partial class CallerLabels
{
    [LoggerMessage(EventId = 1620, Level = LogLevel.Warning, Message = "The tasks' label names could not be read; those known before go on holding")]
    private partial void LogReadFailed(Exception exception);
}
