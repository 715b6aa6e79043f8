using Platform.Domain.Deployments;

namespace Platform.Api.Deployments;

internal sealed partial class LoadedDeployments
{
    [LoggerMessage(EventId = 1510, Level = LogLevel.Information, Message = "Loading deployment {Deployment} (model version {ModelVersion}), which serves by an earlier decision")]
    private partial void LogLoading(int deployment, int modelVersion);

    [LoggerMessage(EventId = 1511, Level = LogLevel.Error, Message = "Deployment {Deployment} should serve but could not be loaded")]
    private partial void LogNotLoaded(Exception exception, int deployment);

    [LoggerMessage(EventId = 1512, Level = LogLevel.Information, Message = "Deployment {Deployment} (model version {ModelVersion}) serves now; before it: {Before}")]
    private partial void LogSwitched(int deployment, int modelVersion, string before);

    [LoggerMessage(EventId = 1513, Level = LogLevel.Information, Message = "Deployment {Deployment} (model version {ModelVersion}) is on trial as {Mode}")]
    private partial void LogTrial(int deployment, int modelVersion, RolloutMode mode);

    [LoggerMessage(EventId = 1514, Level = LogLevel.Information, Message = "Deployment {Deployment} has answered all it had and is out of memory")]
    private partial void LogReleased(int deployment);

    [LoggerMessage(EventId = 1515, Level = LogLevel.Error, Message = "Deployment {Deployment} could not be let go of properly")]
    private partial void LogNotReleased(Exception exception, int deployment);
}
