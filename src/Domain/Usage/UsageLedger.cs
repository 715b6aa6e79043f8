using Microsoft.EntityFrameworkCore;
using Platform.Domain.Persistence;

namespace Platform.Domain.Usage;

/// <summary>Writes usage. A record is durable when the call returns, so answer the request after it.</summary>
public sealed class UsageLedger(IDbContextFactory<PlatformDbContext> contexts)
{
    /// <summary>One transaction for all; a request that is recorded already is left out, so a retry never bills twice.</summary>
    /// <returns>How many records are new.</returns>
    public async Task<int> RecordAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken)
    {
        if (records.Count == 0)
            return 0;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var ids = records.Select(record => record.RequestId).ToList();
        var known = await context.UsageRecords.Where(record => ids.Contains(record.RequestId)).Select(record => record.RequestId).ToListAsync(cancellationToken);
        var added = records.DistinctBy(record => record.RequestId).ExceptBy(known, record => record.RequestId).ToList();
        context.UsageRecords.AddRange(added);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return added.Count;
    }
}
