namespace Platform.Api.Deployments;

internal sealed partial class DeploymentWatcher
{
    [LoggerMessage(EventId = 1500, Level = LogLevel.Information, Message = "Loading deployment {Deployment} (model version {ModelVersion})")]
    private partial void LogLoading(int deployment, int modelVersion);

    [LoggerMessage(EventId = 1501, Level = LogLevel.Error, Message = "Deployment {Deployment} failed; what served before goes on")]
    private partial void LogDeploymentFailed(Exception exception, int deployment);

    [LoggerMessage(EventId = 1503, Level = LogLevel.Warning, Message = "Deployment {Deployment} was loaded but not activated: {Reason}")]
    private partial void LogNotActivated(int deployment, string reason);

    [LoggerMessage(EventId = 1504, Level = LogLevel.Warning, Message = "The database could not be asked for deployments; it is tried again")]
    private partial void LogLookFailed(Exception exception);
}
