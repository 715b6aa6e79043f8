using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Platform.Domain.Persistence;
using Platform.Domain.Setup;

namespace Platform.TestStorage;

/// <summary>
/// A test's own migrated database. PLATFORM_TEST_DATABASE=Postgres puts it into a real cluster; otherwise it is platform.db in the test's
/// data folder. It is migrated once: each test starts from a copy.
/// </summary>
public sealed class TestDatabaseCopy : IAsyncDisposable
{
    private const int MostAttempts = 20;

    public const string Variable = "PLATFORM_TEST_DATABASE";

    private static readonly Lazy<Task<string>> Template = new(UsesPostgres ? MigratePostgresAsync : MigrateSqliteAsync);

    private readonly string? connectionString;
    private readonly string dataFolder;
    private bool isReusable;

    private TestDatabaseCopy(string dataFolder, string? connectionString) => (this.dataFolder, this.connectionString) = (dataFolder, connectionString);

    public static bool UsesPostgres => string.Equals(Environment.GetEnvironmentVariable(Variable), DatabaseOptions.Postgres, StringComparison.OrdinalIgnoreCase);

    /// <summary>What a host has to be told so that it uses this database.</summary>
    public IReadOnlyList<(string Key, string Value)> Settings => connectionString is null
        ? [("Platform:DataPath", dataFolder)]
        : [("Platform:DataPath", dataFolder), ("Database:Provider", DatabaseOptions.Postgres), ("Database:ConnectionString", connectionString)];

    /// <param name="dataFolder">Exists.</param>
    /// <param name="isMigrated">False for a database without any table.</param>
    public static async Task<TestDatabaseCopy> CreateAsync(string dataFolder, bool isMigrated = true)
    {
        if (UsesPostgres)
        {
            return new TestDatabaseCopy(
                dataFolder, isMigrated ? await UsedDatabases.TakeAsync(await Template.Value) : await (await PostgresCluster.SharedAsync()).CreateDatabaseAsync())
            {
                isReusable = isMigrated,
            };
        }

        if (isMigrated)
            File.Copy(Path.Combine(await Template.Value, "platform.db"), Path.Combine(dataFolder, "platform.db"));
        return new TestDatabaseCopy(dataFolder, null);
    }

    /// <summary>What a test meets when the disk has eaten the database.</summary>
    public async Task BreakAsync()
    {
        if (connectionString is not null)
        {
            isReusable = false;
            await (await PostgresCluster.SharedAsync()).DropDatabaseAsync(connectionString);
            return;
        }

        ClosePool();
        foreach (var file in Directory.GetFiles(dataFolder, "platform.db*"))
            await File.WriteAllTextAsync(file, "This is no database.");
    }

    /// <summary>Call it when the host has stopped. The folder stays.</summary>
    public async ValueTask DisposeAsync()
    {
        if (connectionString is null)
            ClosePool();
        else if (isReusable)
            UsedDatabases.Return(connectionString);
        else
            await (await PostgresCluster.SharedAsync()).DropDatabaseAsync(connectionString);
    }

    /// <summary>Deletes a data folder. A connection that was in use when its pool was closed lets go of its files a moment later.</summary>
    public static async Task DeleteFolderAsync(string folder)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
                return;
            }
            catch (IOException) when (attempt < MostAttempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    /// <summary>Only this database's pool: tests that run beside this one need theirs.</summary>
    private void ClosePool()
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(dataFolder, "platform.db")}");
        SqliteConnection.ClearPool(connection);
    }

    private static async Task<string> MigrateSqliteAsync()
    {
        var folder = Directory.CreateTempSubdirectory("platform-template-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var copy = new TestDatabaseCopy(folder, null);
        await MigrateAsync(copy);

        // Closing the last connection folds the write-ahead log into the file.
        copy.ClosePool();
        return folder;
    }

    private static async Task<string> MigratePostgresAsync()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var connectionString = await cluster.CreateDatabaseAsync();
        var folder = Directory.CreateTempSubdirectory("platform-template-").FullName;
        await MigrateAsync(new TestDatabaseCopy(folder, connectionString));
        Directory.Delete(folder, recursive: true);
        await UsedDatabases.PrepareAsync(connectionString);
        var name = new NpgsqlConnectionStringBuilder(connectionString).Database!;
        await cluster.DisconnectAllAsync(name);
        return name;
    }

    private static async Task MigrateAsync(TestDatabaseCopy copy)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(copy.Settings.ToDictionary(pair => pair.Key, pair => (string?)pair.Value)).Build();
        await using var services = new ServiceCollection().AddLogging().AddPlatformDomain(settings).BuildServiceProvider();
        await services.MigratePlatformAsync(CancellationToken.None);
    }
}
