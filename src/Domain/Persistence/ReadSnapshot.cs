using System.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Platform.Domain.Persistence;

internal static class ReadSnapshot
{
    /// <summary>
    /// Several queries see the database as it is at one moment, and keep nobody from writing. For SQLite this level means a transaction
    /// that takes no write lock; with write-ahead logging what it reads is a snapshot.
    /// </summary>
    public static Task<IDbContextTransaction> BeginReadAsync(this PlatformDbContext context, CancellationToken cancellationToken) =>
        context.Database.BeginTransactionAsync(context.Database.IsSqlite() ? IsolationLevel.ReadUncommitted : IsolationLevel.RepeatableRead, cancellationToken);
}
