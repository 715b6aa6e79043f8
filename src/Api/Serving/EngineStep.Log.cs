namespace Platform.Api.Serving;

internal sealed partial class EngineStep
{
    [LoggerMessage(EventId = 1100, Level = LogLevel.Warning, Message = "Deployment {Deployment}: a step over {Inputs} inputs failed; they are tried one by one")]
    private partial void LogStepFailed(Exception exception, int deployment, int inputs);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Warning, Message = "Deployment {Deployment}: input {Index} of a request for {Task} has no answer: {Reason}")]
    private partial void LogUpstreamFailed(int deployment, string task, int index, string reason);

    [LoggerMessage(EventId = 1101, Level = LogLevel.Error, Message = "Deployment {Deployment}: the engine failed on input {Index} of a request for {Task}")]
    private partial void LogInputFailed(Exception exception, int deployment, string task, int index);
}
