using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Platform.Domain.Persistence;

public static class PassingFaults
{
    // SQLite's primary result codes: busy, locked, I/O error, disk full, cannot open.
    private static readonly HashSet<int> Sqlite = [5, 6, 10, 13, 14];

    // PostgreSQL's classes: connection lost, rolled back for another's sake, out of resources, operator's intervention, I/O error.
    private static readonly HashSet<string> Postgres = ["08", "40", "53", "57", "58"];

    /// <summary>A database that is locked, full or out of reach may be there again in a moment; a missing table is a bug.</summary>
    public static bool IsPassing(this DbException exception) => exception switch
    {
        SqliteException sqlite => Sqlite.Contains(sqlite.SqliteErrorCode),

        // A cluster that is full, that was told to stop, or that gives its connections to others is mended without us.
        PostgresException postgres => postgres.IsTransient || Postgres.Contains(postgres.SqlState[..2]),
        _ => exception.IsTransient,
    };
}
