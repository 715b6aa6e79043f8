namespace Platform.Api.Serving;

internal sealed partial class EngineThread
{
    [LoggerMessage(EventId = 1201, Level = LogLevel.Critical, Message = "A step of deployment {Deployment} over {Inputs} inputs broke; their requests were failed")]
    private partial void LogStepBroke(Exception exception, int deployment, int inputs);
}
