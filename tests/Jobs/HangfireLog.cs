namespace Platform.Jobs.Tests;

/// <summary>Hangfire has one log for the whole process, that of the host which started last: tests that use Hangfire run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class HangfireLog
{
    public const string Name = "Hangfire's log";
}
