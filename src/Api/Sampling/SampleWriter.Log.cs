namespace Platform.Api.Sampling;

internal sealed partial class SampleWriter
{
    [LoggerMessage(EventId = 1750, Level = LogLevel.Warning, Message = "Which tasks are sampled could not be read; nothing is kept until it can")]
    private partial void LogRulesNotRead(Exception exception);

    [LoggerMessage(EventId = 1751, Level = LogLevel.Warning, Message = "{Count} samples could not be stored and were dropped")]
    private partial void LogDropped(Exception exception, int count);
}
