using Platform.Cli.Serving;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Usage;
using Platform.Domain.Users;

namespace Platform.Cli.Start;

/// <summary>What serving cost, by task, and how that compares with one server for each task.</summary>
internal sealed class CostReport(PlatformSession session, Output output)
{
    private static readonly Actor FirstStart = Actor.System("first start");

    public async Task ShowAsync(CancellationToken cancellationToken)
    {
        var now = session.Get<TimeProvider>().GetUtcNow();
        var rows = await session.Get<UsageQuery>().SummariseAsync(
            FirstStart, new UsageFilter(DateTimeOffset.UnixEpoch, now.AddMinutes(1)), UsageGrouping.Task, cancellationToken);
        output.Line();
        output.Line("Requests and their cost, from the ledger");
        output.Console.Write(UsageTable.Of(rows, "Task"));
        ServingOverhead.Show(await ServingOverhead.FindAsync(session, cancellationToken), output);
    }
}
