using Platform.Domain.Datasets.Revisions;

namespace Platform.Jobs.Datasets;

public sealed partial class RevisionJob
{
    [LoggerMessage(142, LogLevel.Information, "The changes to the data of {Task} are {Status}.")]
    private partial void LogWritten(string task, RevisionStatus status);
}
