using Platform.Cli.Serving;
using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Deployments;
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

        if (await session.Get<DeploymentRollout>().FindLiveAsync(cancellationToken) is { } live
            && await session.Get<OverheadQuery>().ReportAsync(live.Id, dedicatedServerBytes: null, cancellationToken) is { Overhead: { } overhead } report)
            ShowOverhead(report, overhead);
    }

    private void ShowOverhead(OverheadReport report, double overhead)
    {
        var wall = TimeSpan.FromMicroseconds(report.WallMicroseconds);
        output.Line(
            $"One shared server has been up for {Cells.Clock(wall)} ({Cells.Duration(report.BusyMicroseconds)} busy, {Cells.Duration(report.IdleMicroseconds)} idle): {report.SharedCost.Amount:0.000000} {report.SharedCost.Currency}.");
        output.Line(
            $"One server for each of the {report.Tasks} tasks, up for the same time at the same rate: {report.DedicatedCost.Amount:0.000000} {report.DedicatedCost.Currency}.");
        output.Line($"Serving overhead saved: 1 - {report.SharedCost.Amount:0.000000} / {report.DedicatedCost.Amount:0.000000} = {overhead:P1} (1 - shared / sum of dedicated).");
    }
}
