namespace Platform.Api.Budgets;

internal sealed partial class BudgetGate
{
    [LoggerMessage(EventId = 1400, Level = LogLevel.Warning, Message = "The soft budget of {Budget} is spent: {Spent} of {Limit}")]
    private partial void LogSoftSpent(string budget, string spent, string limit);

    [LoggerMessage(EventId = 1401, Level = LogLevel.Warning, Message = "The hard budget of {Budget} refuses requests: {Spent} of {Limit} are spent")]
    private partial void LogHardSpent(string budget, string spent, string limit);

    [LoggerMessage(EventId = 1402, Level = LogLevel.Warning, Message = "The leases of budgets could not be renewed or given back; it is tried again")]
    private partial void LogLeasesFailed(Exception exception);
}
