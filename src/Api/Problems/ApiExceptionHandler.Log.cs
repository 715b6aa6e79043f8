namespace Platform.Api.Problems;

internal sealed partial class ApiExceptionHandler
{
    [LoggerMessage(EventId = 1000, Level = LogLevel.Error, Message = "{Method} {Path} failed with {Code}")]
    private partial void LogFailed(Exception exception, string method, PathString path, string code);
}
