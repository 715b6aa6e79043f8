namespace Platform.Api.Serving;

internal sealed partial class EngineThread
{
    [LoggerMessage(EventId = 1200, Level = LogLevel.Information, Message = "Deployment {Deployment} (model version {ModelVersion}) serves now; before it: {Before}")]
    private partial void LogSwitched(int deployment, int modelVersion, string before);

    [LoggerMessage(EventId = 1201, Level = LogLevel.Critical, Message = "A step over {Inputs} inputs broke; their requests were failed")]
    private partial void LogStepBroke(Exception exception, int inputs);
}
