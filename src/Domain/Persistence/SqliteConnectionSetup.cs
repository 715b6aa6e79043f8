using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Platform.Domain.Persistence;

/// <summary>
/// Settings that SQLite keeps per connection. <c>synchronous</c> is FULL: a committed usage record survives a power cut.
/// (Write-ahead logging is a property of the file and is set once, by <see cref="DatabaseMigration"/>.)
/// </summary>
internal sealed class SqliteConnectionSetup : DbConnectionInterceptor
{
    private const int CannotOpen = 14; // SQLITE_CANTOPEN

    private const string Pragmas = "PRAGMA busy_timeout = 30000; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;";

    public override InterceptionResult ConnectionOpening(DbConnection connection, ConnectionEventData eventData, InterceptionResult result)
    {
        RefuseWhenGone(connection);
        return result;
    }

    public override ValueTask<InterceptionResult> ConnectionOpeningAsync(
        DbConnection connection, ConnectionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        RefuseWhenGone(connection);
        return ValueTask.FromResult(result);
    }

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// SQLite would make an empty database where the file was, and a pooled connection would go on writing to a file that no longer has a
    /// name: both lose what is written. <see cref="DatabaseMigration"/> makes the file.
    /// </summary>
    private static void RefuseWhenGone(DbConnection connection)
    {
        if (IsFile(connection.DataSource) && !File.Exists(connection.DataSource))
            throw new SqliteException($"The database file '{Path.GetFileName(connection.DataSource)}' is gone.", CannotOpen);
    }

    private static bool IsFile(string source) => source.Length > 0 && source != ":memory:" && !source.StartsWith("file:", StringComparison.Ordinal);
}
