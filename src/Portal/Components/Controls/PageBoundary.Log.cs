namespace Platform.Portal.Components.Controls;

public sealed partial class PageBoundary
{
    [LoggerMessage(3005, LogLevel.Error, "A page broke (trace {Trace}).")]
    private static partial void LogBroke(ILogger logger, Exception exception, string trace);
}
