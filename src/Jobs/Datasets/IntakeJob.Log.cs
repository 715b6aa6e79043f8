using Platform.Domain.Datasets.Intakes;

namespace Platform.Jobs.Datasets;

public sealed partial class IntakeJob
{
    [LoggerMessage(141, LogLevel.Information, "The upload for {Task} is {Status}: {Rows} rows were read.")]
    private partial void LogRead(string task, IntakeStatus status, long rows);
}
