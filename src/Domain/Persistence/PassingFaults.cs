using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Platform.Domain.Persistence;

public static class PassingFaults
{
    // SQLite's primary result codes: busy, locked, I/O error, disk full, cannot open.
    private static readonly HashSet<int> Sqlite = [5, 6, 10, 13, 14];

    /// <summary>A database that is locked, full or out of reach may be there again in a moment; a missing table is a bug.</summary>
    public static bool IsPassing(this DbException exception) => exception is SqliteException sqlite ? Sqlite.Contains(sqlite.SqliteErrorCode) : exception.IsTransient;
}
