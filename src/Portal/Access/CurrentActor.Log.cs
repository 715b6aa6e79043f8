namespace Platform.Portal.Access;

public sealed partial class CurrentActor
{
    [LoggerMessage(3001, LogLevel.Error, "An operation failed because the storage does not answer (trace {Trace}).")]
    private partial void LogFailed(Exception exception, string trace);
}
