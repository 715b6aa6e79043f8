using Platform.Domain.Batches;

namespace Platform.Api.Batches;

internal sealed partial class BatchWorker
{
    [LoggerMessage(EventId = 1700, Level = LogLevel.Warning, Message = "The batches could not be looked at; another look follows")]
    private partial void LogLookFailed(Exception exception);

    [LoggerMessage(EventId = 1701, Level = LogLevel.Error, Message = "Batch {Batch} broke off; it is taken up again where it was")]
    private partial void LogBatchFailed(Exception exception, Guid batch);

    [LoggerMessage(EventId = 1702, Level = LogLevel.Information, Message = "Batch {Batch} is {Status}: {Answered} lines answered, {Refused} refused")]
    private partial void LogEnded(Guid batch, BatchStatus status, int answered, int refused);
}
