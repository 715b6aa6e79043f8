using Platform.Domain.Datasets;

namespace Platform.Jobs.Checks;

public sealed partial class CheckDatasetJob
{
    [LoggerMessage(131, LogLevel.Information, "Dataset version {Number} of {Task} is {Status}, with {Findings} findings.")]
    private partial void LogChecked(string task, int number, DatasetStatus status, int findings);

    [LoggerMessage(132, LogLevel.Warning, "Lengths are not checked: {Reason}")]
    private partial void LogNoLengths(string reason);
}
