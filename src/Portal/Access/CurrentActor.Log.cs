namespace Platform.Portal.Access;

public sealed partial class CurrentActor
{
    [LoggerMessage(3001, LogLevel.Error, "An operation failed because the storage does not answer.")]
    private partial void LogFailed(Exception exception);
}
