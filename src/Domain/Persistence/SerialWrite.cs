using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Platform.Domain.Persistence;

/// <summary>
/// Transactions that look first and write then, one after the other in all processes. SQLite has one writer at a time anyway; on
/// PostgreSQL a lock of the transaction's own makes the same of them, and the database lets go of it when a process dies. There are two
/// such locks, so that people at the portal never wait for the ledger. What is one statement with its condition in it needs neither.
/// </summary>
internal static class SerialWrite
{
    // "plat"; the second number says which lock.
    private const int Space = 0x706C6174;
    private const int Records = 1;
    private const int Ledger = 2;

    /// <summary>For tasks, datasets, runs, models, deployments, users: everything that people and jobs change.</summary>
    public static Task<IDbContextTransaction> BeginWriteAsync(this PlatformDbContext context, CancellationToken cancellationToken) =>
        BeginAsync(context, Records, cancellationToken);

    /// <summary>
    /// For usage, rates and budgets. An account that is opened with the sum of what is on record, or a rate that is corrected, must not miss
    /// a record that is written beside it. Records come in groups, so that one group at a time is no bound on requests.
    /// </summary>
    public static Task<IDbContextTransaction> BeginLedgerAsync(this PlatformDbContext context, CancellationToken cancellationToken) =>
        BeginAsync(context, Ledger, cancellationToken);

    private static async Task<IDbContextTransaction> BeginAsync(PlatformDbContext context, int which, CancellationToken cancellationToken)
    {
        var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!context.Database.IsNpgsql())
            return transaction;
        try
        {
            await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({Space}, {which})", cancellationToken);
            return transaction;
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }
    }
}
