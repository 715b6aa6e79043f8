using Platform.Engine.Serving;

namespace Platform.ApiBench;

/// <summary>Api and engine in turn, so that what else the machine does meets both alike.</summary>
internal sealed class Comparison(ApiProcess api, MultiTaskModel engine, Workload workload, int callers, TimeSpan time)
{
    private const int Seed = 17;

    public async Task RunAsync(int rounds, int requests, Report report, CancellationToken cancellationToken)
    {
        // Compiled code, packed weights, the tasks' cached instructions.
        await Measurements.HttpAsync(api, workload, callers, time / 2, Seed, cancellationToken);
        Measurements.InProcess(engine, workload, callers, time / 2, Seed, cancellationToken);
        var before = api.ResidentBytes;

        List<(Measurement Http, Measurement InProcess)> full = [];
        for (var round = 1; round <= rounds; round++)
            full.Add((
                await Measurements.HttpAsync(api, workload, callers, time, Seed + (1000 * round), cancellationToken),
                Measurements.InProcess(engine, workload, callers, time, Seed + (1000 * round), cancellationToken)));
        report.Full(workload.Specs.Count, callers, full);

        var half = Report.Median([.. full.Select(pair => pair.Http.PerSecond)]) / 2;
        List<(Measurement Http, Measurement InProcess)> arrivals = [];
        for (var round = 1; round <= rounds; round++)
            arrivals.Add((
                await Measurements.HttpArrivalsAsync(api, workload, half, time, Seed + (2000 * round), cancellationToken),
                await Measurements.InProcessArrivalsAsync(engine, workload, half, time, Seed + (2000 * round), cancellationToken)));
        report.Half(half, arrivals);

        if (requests == 0)
            return;
        var sent = 0;
        for (var round = 1; sent < requests; round++)
            sent += (await Measurements.HttpAsync(api, workload, callers, time, Seed + (3000 * round), cancellationToken)).Latencies.Count;
        report.Memory(before, api.ResidentBytes, sent);
    }
}
