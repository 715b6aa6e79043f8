using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using Platform.Domain.Results;
using Platform.Domain.Setup;

namespace Platform.Domain.Persistence.Moves;

/// <param name="Rows">So far.</param>
/// <param name="IsChecking">False while the rows are sent, true while what arrived is read back.</param>
public sealed record MoveProgress(string Table, long Rows, long TotalRows, bool IsChecking);

/// <param name="Digest">Of the contents, whatever their order; the same on both sides.</param>
public sealed record MovedTable(string Name, long Rows, string Digest);

/// <summary>
/// Carries an installation from SQLite to an empty PostgreSQL database. Everything is sent, read back and compared inside one transaction
/// of the target: if anything fails or the power goes, the target is as empty as before. The source is only read, and nobody else can
/// open it meanwhile.
/// </summary>
public sealed class DatabaseMove(IDbContextFactory<PlatformDbContext> contexts, IOptions<DatabaseOptions> database, IOptions<PlatformOptions> platform)
{
    private const int ReportEvery = 20_000;

    /// <summary>SQLite's result codes for a file that others have open.</summary>
    private const int Busy = 5;
    private const int Locked = 6;

    /// <param name="target">How to connect to the target, which is made if there is none.</param>
    /// <param name="progress">Hears of every table at its beginning, its end, and now and then in between.</param>
    /// <param name="cancellationToken">Stops the move; the target stays empty.</param>
    public async Task<Result<IReadOnlyList<MovedTable>>> RunAsync(string target, IProgress<MoveProgress>? progress, CancellationToken cancellationToken)
    {
        if (database.Value.Provider != DatabaseOptions.Sqlite)
            return MoveErrors.NotSqlite();
        if (PostgresConnection.ProblemOf(target, "--to", "Give") is { } problem)
            return MoveErrors.TargetUnfit(problem);
        await using var source = await contexts.CreateDbContextAsync(cancellationToken);
        var settings = new SqliteConnectionStringBuilder(source.Database.GetConnectionString()) { Pooling = false, Mode = SqliteOpenMode.ReadWrite, DefaultTimeout = 3 };
        if (!File.Exists(settings.DataSource))
            return MoveErrors.NoSource(settings.DataSource);

        // Hosts that are started meanwhile wait here; those that run already are found by the exclusive lock.
        await using var held = await MigrationLock.TakeAsync(source, platform.Value, cancellationToken);
        await using var from = new SqliteConnection(settings.ConnectionString);
        if (!await TryOpenAloneAsync(from, cancellationToken))
            return MoveErrors.Running(settings.DataSource);

        var options = new DbContextOptionsBuilder<PlatformDbContext>();
        options.UsePlatformPostgres(target);
        await using var model = new PlatformDbContext(options.Options);
        await using var heldTarget = await MigrationLock.TakeAsync(model, platform.Value, cancellationToken);
        await model.Database.MigrateAsync(cancellationToken);
        await using var to = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(target) { Pooling = false, CommandTimeout = 0 }.ConnectionString);
        await to.OpenAsync(cancellationToken);
        return await MoveAsync(from, to, [.. MoveOrder.Of(model).Select(table => new MovedColumns(table))], progress, cancellationToken);
    }

    private static async Task<Result<IReadOnlyList<MovedTable>>> MoveAsync(
        SqliteConnection from, NpgsqlConnection to, IReadOnlyList<MovedColumns> tables, IProgress<MoveProgress>? progress, CancellationToken cancellationToken)
    {
        await using var transaction = await to.BeginTransactionAsync(cancellationToken);
        foreach (var table in tables)
            if (await ScalarAsync(to, $"SELECT EXISTS (SELECT 1 FROM \"{table.Table}\")", cancellationToken) is true)
                return MoveErrors.TargetNotEmpty(table.Table);

        List<MovedTable> moved = [];
        foreach (var table in tables)
        {
            var total = (long)(await ScalarAsync(from, $"SELECT COUNT(*) FROM \"{table.Table}\"", cancellationToken))!;
            TableDigest sent;
            try
            {
                sent = await SendAsync(from, to, table, rows => progress?.Report(new MoveProgress(table.Table, rows, total, IsChecking: false)), cancellationToken);
            }
            catch (PostgresException refused) when (refused.SqlState.StartsWith("22", StringComparison.Ordinal) || refused.SqlState.StartsWith("23", StringComparison.Ordinal))
            {
                return MoveErrors.TargetRefused(table.Table, $"{refused.MessageText} ({refused.Where ?? refused.Detail ?? refused.SqlState}).");
            }

            var found = await DigestAsync(to, table, rows => progress?.Report(new MoveProgress(table.Table, rows, total, IsChecking: true)), cancellationToken);
            if (sent.Rows != total || sent.Rows != found.Rows || sent.Hex != found.Hex)
                return MoveErrors.Different(table.Table, sent.Rows, found.Rows);
            await ContinueNumbersAsync(to, table, cancellationToken);
            moved.Add(new MovedTable(table.Table, sent.Rows, sent.Hex));
        }

        await transaction.CommitAsync(cancellationToken);
        await ScalarAsync(to, "ANALYZE", cancellationToken);
        return Result.Success<IReadOnlyList<MovedTable>>(moved);
    }

    /// <summary>With write-ahead logging every open connection of another process is in the way of this, also one that only reads.</summary>
    private static async Task<bool> TryOpenAloneAsync(SqliteConnection connection, CancellationToken cancellationToken)
    {
        SqliteConnection.ClearAllPools();
        await connection.OpenAsync(cancellationToken);
        try
        {
            await ScalarAsync(connection, "PRAGMA locking_mode = EXCLUSIVE", cancellationToken);
            await ScalarAsync(connection, "BEGIN EXCLUSIVE", cancellationToken);
            return true;
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is Busy or Locked)
        {
            return false;
        }
    }

    private static async Task<TableDigest> SendAsync(
        SqliteConnection from, NpgsqlConnection to, MovedColumns table, Action<long> report, CancellationToken cancellationToken)
    {
        var digest = new TableDigest();
        await using var command = from.CreateCommand();
        command.CommandText = $"SELECT {table.List} FROM \"{table.Table}\"";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await using var importer = await to.BeginBinaryImportAsync($"COPY \"{table.Table}\" ({table.List}) FROM STDIN (FORMAT BINARY)", cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var values = table.Read(reader);
            digest.Add(values);
            await table.WriteAsync(importer, values, cancellationToken);
            if (digest.Rows % ReportEvery == 0)
                report(digest.Rows);
        }

        await importer.CompleteAsync(cancellationToken);
        report(digest.Rows);
        return digest;
    }

    private static async Task<TableDigest> DigestAsync(NpgsqlConnection connection, MovedColumns table, Action<long> report, CancellationToken cancellationToken)
    {
        var digest = new TableDigest();
        await using var command = new NpgsqlCommand($"SELECT {table.List} FROM \"{table.Table}\"", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            digest.Add(table.Read(reader));
            if (digest.Rows % ReportEvery == 0)
                report(digest.Rows);
        }

        report(digest.Rows);
        return digest;
    }

    /// <summary>Numbers that the database hands out go on where they stopped.</summary>
    private static async Task ContinueNumbersAsync(NpgsqlConnection connection, MovedColumns table, CancellationToken cancellationToken)
    {
        if (table.NumberedBy is { } column)
            await ScalarAsync(
                connection, $"SELECT setval(pg_get_serial_sequence('\"{table.Table}\"', '{column}'), COALESCE(MAX(\"{column}\"), 1), MAX(\"{column}\") IS NOT NULL) FROM \"{table.Table}\"", cancellationToken);
    }

    private static async Task<object?> ScalarAsync(System.Data.Common.DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
