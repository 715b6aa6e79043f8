namespace Platform.Api.Usage;

internal sealed partial class UsageWriter
{
    [LoggerMessage(EventId = 1300, Level = LogLevel.Error, Message = "The usage of {Requests} requests could not be recorded; they were answered with 503")]
    private partial void LogNotRecorded(Exception exception, int requests);

    [LoggerMessage(EventId = 1301, Level = LogLevel.Warning, Message = "The usage of {Requests} requests could not be recorded yet; they wait, and it is tried again")]
    private partial void LogTriedAgain(Exception exception, int requests);
}
