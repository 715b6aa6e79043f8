using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;

namespace Platform.Domain.Usage;

/// <summary>A request as the ledger has it: when, which task, how much; never its text, which is not kept.</summary>
public sealed record RecordedRequest(DateTimeOffset At, string Task, int Inputs, long PromptTokens);

/// <summary>The newest stretch of the traffic that a version's tasks really had.</summary>
public sealed class RecordedTraffic(IDbContextFactory<PlatformDbContext> contexts)
{
    /// <param name="to">Exclusive.</param>
    /// <param name="most">The newest so many; what is left is an unbroken stretch.</param>
    /// <returns>In the order of their arrival, which is when they were answered minus how long that took.</returns>
    public async Task<IReadOnlyList<RecordedRequest>> ReadAsync(DateTimeOffset from, DateTimeOffset to, IReadOnlyCollection<string> tasks, int most, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var names = await context.Tasks.Where(task => tasks.Contains(task.Name)).ToDictionaryAsync(task => task.Id, task => task.Name, cancellationToken);
        var ids = names.Keys.ToList();
        var (first, last) = (UnixTime.ToMicroseconds(from), UnixTime.ToMicroseconds(to));
        var records = await context.UsageRecords.AsNoTracking()
            .Where(record => record.AtMicroseconds >= first && record.AtMicroseconds < last && record.Status == UsageStatus.Ok && ids.Contains(record.TaskId))
            .OrderByDescending(record => record.AtMicroseconds).Take(most)
            .Select(record => new { record.AtMicroseconds, record.LatencyMicroseconds, record.TaskId, record.Inputs, record.PromptTokens }).ToListAsync(cancellationToken);
        return [.. records
            .Select(record => new RecordedRequest(UnixTime.FromMicroseconds(record.AtMicroseconds - record.LatencyMicroseconds), names[record.TaskId], record.Inputs, record.PromptTokens))
            .OrderBy(request => request.At)];
    }
}
