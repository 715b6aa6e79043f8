namespace Platform.Jobs.WhatIf;

public sealed partial class WhatIfJob
{
    [LoggerMessage(151, LogLevel.Error, "The what-if estimate for {Task} broke off.")]
    private partial void LogFailed(Exception exception, string task);
}
