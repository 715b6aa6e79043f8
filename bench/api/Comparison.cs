using Platform.Engine.Serving;

namespace Platform.ApiBench;

/// <summary>Api and engine in turn, so that what else the machine does meets both alike.</summary>
internal sealed class Comparison(ApiProcess api, MultiTaskModel engine, Workload workload, int callers, TimeSpan time)
{
    private const int Seed = 17;
    private const int Compared = 200;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);

    public async Task RunAsync(int rounds, int requests, Report report, CancellationToken cancellationToken)
    {
        // Compiled code, packed weights, the tasks' cached instructions, and the queue's first ten seconds, in which steps are short.
        await Measurements.HttpAsync(api, workload, callers, WarmUp, Seed, cancellationToken);
        Measurements.InProcess(engine, workload, callers, WarmUp, Seed, cancellationToken);
        var before = api.ResidentBytes;

        List<(Measurement Http, Measurement InProcess)> full = [];
        for (var round = 1; round <= rounds; round++)
            full.Add((
                await BilledAsync(Seed + (1000 * round), cancellationToken),
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

    private async Task<Measurement> BilledAsync(int seed, CancellationToken cancellationToken)
    {
        var before = api.DeviceTime;
        var measured = await Measurements.HttpAsync(api, workload, callers, time, seed, cancellationToken);
        return measured with { DeviceMs = (api.DeviceTime - before).TotalMilliseconds / measured.Latencies.Count };
    }

    /// <summary>Api and peer in turn, with as many callers as the peer has slots.</summary>
    public async Task RunAgainstAsync(IServer peer, int rounds, Report report, CancellationToken cancellationToken)
    {
        await Measurements.HttpAsync(api, workload, callers, WarmUp, Seed, cancellationToken);
        await Measurements.HttpAsync(peer, workload, callers, WarmUp, Seed, cancellationToken);
        List<(Measurement Api, Measurement Peer)> pairs = [];
        for (var round = 1; round <= rounds; round++)
            pairs.Add((
                await Measurements.HttpAsync(api, workload, callers, time, Seed + (4000 * round), cancellationToken),
                await Measurements.HttpAsync(peer, workload, callers, time, Seed + (4000 * round), cancellationToken)));
        var inputs = workload.Inputs(Seed).Take(Compared).ToList();
        var same = 0;
        foreach (var input in inputs)
            same += await api.AnswerAsync(input, cancellationToken) == await peer.AnswerAsync(input, cancellationToken) ? 1 : 0;
        report.Peer(pairs, same, inputs.Count, api.ResidentBytes, peer.ResidentBytes);
    }
}
