using Hangfire;
using Microsoft.Extensions.Options;
using Platform.Domain.Fleet;
using Platform.Jobs.Devices;

namespace Platform.Jobs.Hosting;

/// <summary>How this host is: its queues as Hangfire counts them, and the device of its engine.</summary>
internal sealed class JobsReporter(JobStorage storage, EngineThread engine, IOptions<JobsOptions> options) : IHostReporter
{
    public HostReport Report()
    {
        var mine = JobQueues.Chosen(options.Value);
        var waiting = storage.GetMonitoringApi().Queues().Where(queue => mine.Contains(queue.Name)).Sum(queue => queue.Length);
        return new HostReport(engine.Device, waiting, $"Queues: {string.Join(", ", mine)}", []) { Queues = mine };
    }
}
