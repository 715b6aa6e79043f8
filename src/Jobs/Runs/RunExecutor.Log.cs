using Platform.Domain.Runs;

namespace Platform.Jobs.Runs;

public sealed partial class RunExecutor
{
    [LoggerMessage(141, LogLevel.Information, "Run {Number}, step {Ordinal}: {Kind}.")]
    private partial void LogStep(int number, int ordinal, RunStepKind kind);

    [LoggerMessage(142, LogLevel.Information, "Run {RunId} pauses at a checkpoint.")]
    private partial void LogPaused(Guid runId);

    [LoggerMessage(143, LogLevel.Warning, "Another process took over run {RunId}.")]
    private partial void LogLost(Guid runId);

    [LoggerMessage(144, LogLevel.Error, "Run {RunId} failed. {Sentence}")]
    private partial void LogFailed(Exception exception, Guid runId, string sentence);
}
