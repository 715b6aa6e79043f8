namespace Platform.Jobs.Hosting;

internal sealed partial class ArtifactCollector
{
    [LoggerMessage(181, LogLevel.Information, "Removed {Removed} artifacts that nothing refers to; {Kept} are kept.")]
    private partial void LogRemoved(int removed, int kept);

    [LoggerMessage(182, LogLevel.Warning, "Artifacts could not be cleaned up: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(183, LogLevel.Warning, "Artifacts could not be cleaned up; the next try is in an hour.")]
    private partial void LogFailed(Exception exception);
}
