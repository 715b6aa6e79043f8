using System.Diagnostics;
using Npgsql;

namespace Platform.TestStorage;

/// <summary>
/// A real PostgreSQL server of the tests' own, from the system's package: one for each test process, in a folder of its own, reached by a
/// socket in it. It ends with the process, also when that is killed.
/// </summary>
public sealed class PostgresCluster
{
    private const string User = "postgres";

    private static readonly Lazy<Task<PostgresCluster>> Started = new(StartAsync);

    private readonly string folder;
    private readonly Process process;

    private PostgresCluster(string folder, Process process) => (this.folder, this.process) = (folder, process);

    /// <summary>Null where the package is not installed.</summary>
    public static string? Programs { get; } = FindPrograms();

    public static bool IsInstalled => Programs is not null;

    public static Task<PostgresCluster> SharedAsync() => Started.Value;

    public string ConnectionString(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = folder,
        Username = User,
        Database = database,

        // Hundreds of databases share the server's connections.
        ConnectionIdleLifetime = 5,
        ConnectionPruningInterval = 2,
        MaxPoolSize = 30,
    }.ConnectionString;

    /// <param name="template">A database that nobody is connected to; null for an empty one.</param>
    /// <returns>How to connect to the new database.</returns>
    public async Task<string> CreateDatabaseAsync(string? template = null)
    {
        var name = "test_" + Guid.NewGuid().ToString("N");
        await RunAsync(template is null ? $"CREATE DATABASE {name}" : $"CREATE DATABASE {name} TEMPLATE {template}");
        return ConnectionString(name);
    }

    /// <summary>Nobody is connected to it afterwards, also not by a pool that is still open, and nobody can be: only then can it be a template.</summary>
    public async Task DisconnectAllAsync(string database)
    {
        await RunAsync($"ALTER DATABASE {database} ALLOW_CONNECTIONS false");
        await RunAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
    }

    public async Task DropDatabaseAsync(string connectionString)
    {
        await using (var connection = new NpgsqlConnection(connectionString))
            NpgsqlConnection.ClearPool(connection);
        await RunAsync($"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)");
    }

    private Task RunAsync(string sql) => RunAsync(ConnectionString("postgres"), sql);

    internal static async Task RunAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<PostgresCluster> StartAsync()
    {
        if (Programs is null)
            throw new InvalidOperationException("PostgreSQL is not installed: apt-get install postgresql, or run the tests on SQLite only (without PLATFORM_TEST_DATABASE).");
        var folder = Directory.CreateTempSubdirectory("pg-").FullName;
        var data = Path.Combine(folder, "data");

        // The server refuses to run as root; then it runs as the package's own user. When our end of the pipe goes, it goes.
        var script = $"""
            set -e
            '{Programs}/initdb' -D '{data}' -U {User} -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
            '{Programs}/postgres' -D '{data}' -k '{folder}' -c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
                -c max_connections=400 -c shared_buffers=64MB -c autovacuum_naptime=10s -c log_min_messages=fatal </dev/null >'{folder}/log' 2>&1 &
            server=$!
            read -r _ || true
            kill -QUIT $server
            wait $server || true
            rm -rf '{folder}'
            """;
        var start = new ProcessStartInfo { RedirectStandardInput = true, RedirectStandardError = true };
        if (Environment.UserName == "root")
        {
            await ChownAsync(folder);
            (start.FileName, string[] asUser) = ("setpriv", ["--reuid", User, "--regid", User, "--clear-groups", "bash", "-c", script]);
            Array.ForEach(asUser, start.ArgumentList.Add);
        }
        else
        {
            start.FileName = "bash";
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(script);
        }

        var cluster = new PostgresCluster(folder, Process.Start(start)!);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => cluster.Stop();
        await cluster.WaitAsync();
        return cluster;
    }

    private async Task WaitAsync()
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                await RunAsync("SELECT 1");
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or IOException && attempt < 600)
            {
                if (process.HasExited)
                    throw new InvalidOperationException($"PostgreSQL did not start: {await process.StandardError.ReadToEndAsync()}", exception);
                await Task.Delay(100);
            }
    }

    private void Stop()
    {
        process.StandardInput.Close();
        process.WaitForExit(TimeSpan.FromSeconds(20));
    }

    private static async Task ChownAsync(string folder)
    {
        using var chown = Process.Start("chown", [User + ":" + User, folder]);
        await chown.WaitForExitAsync();
        if (chown.ExitCode != 0)
            throw new InvalidOperationException($"The user '{User}' is needed to run PostgreSQL, which refuses to run as root.");
    }

    private static string? FindPrograms()
    {
        const string Debian = "/usr/lib/postgresql";
        if (!Directory.Exists(Debian))
            return null;
        return Directory.GetDirectories(Debian).OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin")).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "postgres")));
    }
}
