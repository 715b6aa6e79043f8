using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;

namespace Platform.Domain.Usage;

/// <summary>What a deployment answered of a task, for a comparison with another one.</summary>
/// <param name="P50">Median latency of its newest requests.</param>
/// <param name="P95">Latency that 95 % of them stayed under.</param>
public sealed record TaskTraffic(Guid DeploymentId, string Task, long Requests, long Errors, long Inputs, TimeSpan P50, TimeSpan P95, long DeviceMicroseconds);

/// <summary>Requests, errors and latency of deployments side by side. Copies for a shadow are not among them.</summary>
public sealed class DeploymentTraffic(IDbContextFactory<PlatformDbContext> contexts)
{
    // Percentiles need the figures themselves; more of the past would not change what is decided on them.
    private const int NewestRequests = 20_000;

    public async Task<IReadOnlyList<TaskTraffic>> SinceAsync(IReadOnlyList<Guid> deployments, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var from = UnixTime.ToMicroseconds(since);
        var records = context.UsageRecords.AsNoTracking()
            .Where(record => record.AtMicroseconds >= from && deployments.Contains(record.DeploymentId) && record.Status != UsageStatus.Shadow);
        var sums = await records.GroupBy(record => new { record.DeploymentId, record.TaskId }).Select(group => new
        {
            group.Key,
            Requests = group.LongCount(),
            Errors = group.Sum(record => record.Status == UsageStatus.Error ? 1L : 0L),
            Inputs = group.Sum(record => (long)record.Inputs),
            Device = group.Sum(record => record.DeviceMicroseconds),
        }).ToListAsync(cancellationToken);
        var newest = (await records.OrderByDescending(record => record.AtMicroseconds).Take(NewestRequests)
            .Select(record => new { record.DeploymentId, record.TaskId, record.LatencyMicroseconds }).ToListAsync(cancellationToken))
            .ToLookup(record => new { record.DeploymentId, record.TaskId }, record => record.LatencyMicroseconds);
        var names = await context.Tasks.Select(task => new { task.Id, task.Name }).ToDictionaryAsync(task => task.Id, task => task.Name, cancellationToken);
        return [.. sums.Select(sum =>
        {
            var latencies = newest[sum.Key].Order().ToList();
            return new TaskTraffic(
                sum.Key.DeploymentId, names[sum.Key.TaskId], sum.Requests, sum.Errors, sum.Inputs, Quantile(latencies, 0.5), Quantile(latencies, 0.95), sum.Device);
        }).OrderBy(row => row.Task, StringComparer.Ordinal)];
    }

    /// <summary>The smallest figure that so large a share of all does not exceed.</summary>
    private static TimeSpan Quantile(List<long> sorted, double share) =>
        sorted.Count == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)]);
}
