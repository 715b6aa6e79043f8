using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Deployments;
using Platform.Domain.Usage;

namespace Platform.Cli.Serving;

/// <summary>What the live deployment's one server costs against one for each task.</summary>
internal static class ServingOverhead
{
    /// <returns>Null while nothing is live or it has not been up yet.</returns>
    public static async Task<OverheadReport?> FindAsync(PlatformSession session, CancellationToken cancellationToken) =>
        await session.Get<DeploymentRollout>().FindLiveAsync(cancellationToken) is { } live
        && await session.Get<OverheadQuery>().ReportAsync(live.Id, dedicatedServerBytes: null, cancellationToken) is { Overhead: not null } report
            ? report
            : null;

    public static void Show(OverheadReport? report, Output output)
    {
        if (report is not { Overhead: { } overhead })
            return;
        var wall = TimeSpan.FromMicroseconds(report.WallMicroseconds);
        output.Line(
            $"One shared server has been up for {Cells.Clock(wall)} ({Cells.Duration(report.BusyMicroseconds)} busy, {Cells.Duration(report.IdleMicroseconds)} idle): {report.SharedCost.Amount:0.000000} {report.SharedCost.Currency}.");
        output.Line(
            $"One server for each of the {report.Tasks} tasks, up for the same time at the same rate: {report.DedicatedCost.Amount:0.000000} {report.DedicatedCost.Currency}.");
        output.Line($"Serving overhead saved: 1 - {report.SharedCost.Amount:0.000000} / {report.DedicatedCost.Amount:0.000000} = {overhead:P1} (1 - shared / sum of dedicated).");
    }
}
