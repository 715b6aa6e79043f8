using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Platform.Domain.Setup;

namespace Platform.Domain.Persistence;

/// <summary>
/// Held by the one process that may change tables. It goes with the process: one that dies cannot keep the others out. For SQLite it is a
/// file beside the database, for PostgreSQL a lock of a connection, so that it holds between machines.
/// </summary>
internal sealed class MigrationLock : IAsyncDisposable
{
    private const long Key = 0x706C61744D696772; // "platMigr"

    private static readonly TimeSpan Wait = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly IAsyncDisposable held;

    private MigrationLock(IAsyncDisposable held) => this.held = held;

    public static async Task<MigrationLock> TakeAsync(PlatformDbContext context, PlatformOptions options, CancellationToken cancellationToken)
    {
        if (context.Database.IsNpgsql())
            return new MigrationLock(await ConnectAsync(context, cancellationToken));
        Directory.CreateDirectory(options.DataFolder);
        return new MigrationLock(await OpenAsync(Path.Combine(options.DataFolder, "migrate.lock"), cancellationToken));
    }

    /// <summary>Without a pool, closing the connection ends the lock whatever happened in between.</summary>
    public ValueTask DisposeAsync() => held.DisposeAsync();

    private static async Task<FileStream> OpenAsync(string path, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (waited < Wait)
            {
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    private static async Task<NpgsqlConnection> ConnectAsync(PlatformDbContext context, CancellationToken cancellationToken)
    {
        await CreateDatabaseAsync(context, cancellationToken);
        var settings = new NpgsqlConnectionStringBuilder(context.Database.GetConnectionString()) { Pooling = false, CommandTimeout = (int)Wait.TotalSeconds };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection) { Parameters = { new() { Value = Key } } };
            await command.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Needs the right to create one only when there is none.</summary>
    private static async Task CreateDatabaseAsync(PlatformDbContext context, CancellationToken cancellationToken)
    {
        var creator = context.GetService<IRelationalDatabaseCreator>();
        try
        {
            if (!await creator.ExistsAsync(cancellationToken))
                await creator.CreateAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another process was quicker.
        }
    }
}
