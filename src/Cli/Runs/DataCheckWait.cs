using Platform.Cli.Session;
using Platform.Cli.Terminal;
using Platform.Domain.Datasets;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Cli.Runs;

/// <summary>Waits until Jobs has checked the newest data of every task; a run takes no others.</summary>
internal sealed class DataCheckWait(PlatformSession session, Actor actor)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <param name="tasks">Tasks whose data to wait for.</param>
    /// <param name="report">Gets a sentence when there is something to say.</param>
    /// <param name="patience">How long nothing may change before this gives up: no Jobs host works then.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task WaitAsync(IReadOnlyList<TaskDefinition> tasks, Action<string> report, TimeSpan patience, CancellationToken cancellationToken)
    {
        var clock = session.Get<TimeProvider>();
        var (waiting, changedAt) = (-1, clock.GetTimestamp());
        while (true)
        {
            var newest = await session.Get<DatasetQueries>().NewestByTaskAsync(actor, cancellationToken);
            var open = tasks.Where(task => newest.TryGetValue(task.Id, out var version) && version.Status is DatasetStatus.Uploaded or DatasetStatus.Checking).ToList();
            if (open.Count == 0)
            {
                RefuseRejected(tasks, newest);
                return;
            }

            if (open.Count != waiting)
            {
                report($"Checking the data of {open.Count} {(open.Count == 1 ? "task" : "tasks")} ...");
                (waiting, changedAt) = (open.Count, clock.GetTimestamp());
            }
            else if (clock.GetElapsedTime(changedAt) > patience)
            {
                throw new CommandFailure($"The data of {string.Join(", ", open.Select(task => task.Name))} is still not checked after {patience.TotalSeconds:F0} s: no Jobs host works on it. Start the platform by ./run, or look at data/logs/jobs.log.");
            }

            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private static void RefuseRejected(IReadOnlyList<TaskDefinition> tasks, IReadOnlyDictionary<Guid, DatasetVersion> newest)
    {
        var problems = tasks.Where(task => newest.TryGetValue(task.Id, out var version) && version.Status == DatasetStatus.Rejected)
            .SelectMany(task => newest[task.Id].Findings.Where(finding => finding.Severity == FindingSeverity.Error)
                .Select(finding => $"{task.Name}, {finding.File}{(finding.Line is { } line ? $", line {line}" : "")}: {finding.Message}"))
            .ToList();
        if (problems.Count > 0)
            throw new CommandFailure(problems);
    }
}
