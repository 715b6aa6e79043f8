namespace Platform.Jobs.Playground;

public sealed partial class PlaygroundJob
{
    [LoggerMessage(151, LogLevel.Error, "A text that was tried for {Task} has no answer.")]
    private partial void LogFailed(Exception exception, string task);
}
