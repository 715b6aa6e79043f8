using Platform.Cli.Terminal;
using Platform.Domain.Deployments;
using Platform.Domain.Usage;
using Spectre.Console;

namespace Platform.Cli.Deployments;

/// <summary>Deployments for people and for scripts.</summary>
internal static class DeploymentTables
{
    public static Table Deployments(IEnumerable<Deployment> deployments)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Deployment", "Model version", "Standing", "Engine", "Requested by", "Decided by", "Live from", "Until");
        foreach (var one in deployments)
            table.AddRow(Cells.Plain(
                $"{one.Number}", $"{one.ModelVersion!.Number}", Standing(one), one.Upstream ?? "own", one.RequestedByName, one.DecidedByName, $"{one.ActivatedAt:u}", $"{one.RetiredAt:u}"));
        return table;
    }

    /// <summary>Its status, and on trial what it gets.</summary>
    public static string Standing(Deployment deployment) => deployment.Status == DeploymentStatus.Trial
        ? $"{deployment.RolloutMode.ToString().ToLowerInvariant()}, {deployment.TrialPercent} %{(deployment.TrialTasks.Count > 0 ? $", {deployment.TrialTasks.Count} tasks otherwise" : "")}"
        : deployment.Status.ToString().ToLowerInvariant();

    public static void Write(
        Output output, Deployment deployment, ParityCertificate? certificate, IReadOnlyList<TrialComparison> comparisons, IReadOnlyList<TaskTraffic> traffic)
    {
        output.Line($"Deployment {deployment.Number} of model version {deployment.ModelVersion!.Number}: {Standing(deployment)}");
        if (deployment.Error is { } error)
            output.Line(error);
        if (certificate is not null)
            output.Line(certificate.Samples == 0
                ? "Parity: the model version has no recorded samples, so nothing is proven."
                : $"Parity: {certificate.SameAlone} of {certificate.Samples} samples answered as evaluated one by one, {certificate.SameInBatches} of {certificate.InBatches} in random batches; scores within {certificate.LargestScoreDifference:0.#######}{(certificate.BitwiseSame ? ", bit by bit the same in every batch" : "")}.");
        if (comparisons.Count > 0)
            output.Console.Write(Shadow(comparisons));
        if (traffic.Count > 0)
            output.Console.Write(Traffic(traffic, deployment));
    }

    public static object AsJson(Deployment one) => new
    {
        deployment = one.Number, model_version = one.ModelVersion?.Number, one.Status, one.RolloutMode, percent = one.TrialPercent, tasks = one.TrialTasks, engine = one.Upstream, one.RequestedByName, one.DecidedByName,
        one.Reason, one.TrialAt, one.ActivatedAt, one.RetiredAt, one.Error, one.EvidenceSha256, one.CertificateSha256,
    };

    public static object AsJson(TaskPin pin) => new { task = pin.Task!.Name, deployment = pin.Deployment!.Number, pin.PinnedByName, pin.PinnedAt, pin.Reason };

    public static object AsJson(TrialComparison one) => new { task = one.Task!.Name, one.Inputs, one.Same, one.Failed, one.ScoreDifference, one.LiveMicroseconds, one.ShadowMicroseconds };

    private static Table Shadow(IReadOnlyList<TrialComparison> comparisons)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Task", "Inputs copied", "Same answer", "Failed", "Mean difference of scores", "Device time, live", "Device time, shadow");
        foreach (var one in comparisons)
            table.AddRow(Cells.Plain(
                one.Task!.Name, $"{one.Inputs:N0}", $"{100.0 * one.Same / one.Inputs:0.0} %", $"{one.Failed:N0}",
                one.Same > 0 ? $"{one.ScoreDifference / one.Same:0.0000}" : "", $"{one.LiveMicroseconds / 1000.0:N1} ms", $"{one.ShadowMicroseconds / 1000.0:N1} ms"));
        return table;
    }

    private static Table Traffic(IReadOnlyList<TaskTraffic> traffic, Deployment trial)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumns("Task", "Answered by", "Requests", "Errors", "Median", "95 % under", "Device time per input");
        foreach (var one in traffic)
            table.AddRow(Cells.Plain(
                one.Task, one.DeploymentId == trial.Id ? $"deployment {trial.Number}" : "live", $"{one.Requests:N0}", $"{one.Errors:N0}", $"{one.P50.TotalMilliseconds:0.0} ms",
                $"{one.P95.TotalMilliseconds:0.0} ms", $"{one.DeviceMicroseconds / 1000.0 / Math.Max(1, one.Inputs):0.00} ms"));
        return table;
    }
}
