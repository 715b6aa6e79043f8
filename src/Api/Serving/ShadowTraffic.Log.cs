namespace Platform.Api.Serving;

internal sealed partial class ShadowTraffic
{
    [LoggerMessage(EventId = 1600, Level = LogLevel.Warning, Message = "Deployment {Deployment} in shadow: a copy of a request for {Task} failed")]
    private partial void LogCopyFailed(Exception exception, int deployment, string task);

    [LoggerMessage(EventId = 1601, Level = LogLevel.Warning, Message = "{Count} comparisons of a shadow could not be written; they are tried again")]
    private partial void LogNotWritten(Exception exception, int count);
}
