using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Persistence;
using Platform.Domain.Setup;

namespace Platform.Portal.Tests;

/// <summary>Migrated once for all tests: each one starts from a copy of the file.</summary>
internal static class DatabaseTemplate
{
    private static readonly Lazy<Task<string>> Migrated = new(MigrateAsync);

    /// <returns>A new folder with an empty, migrated database.</returns>
    public static async Task<string> CopyAsync()
    {
        var folder = Directory.CreateTempSubdirectory("platform-portal-").FullName;
        File.Copy(Path.Combine(await Migrated.Value, "platform.db"), Path.Combine(folder, "platform.db"));
        return folder;
    }

    private static async Task<string> MigrateAsync()
    {
        var folder = Directory.CreateTempSubdirectory("platform-portal-template-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Platform:DataPath"] = folder }).Build();
        await using var services = new ServiceCollection().AddLogging().AddPlatformDomain(settings).BuildServiceProvider();
        await services.MigratePlatformAsync(CancellationToken.None);

        // Everything into the one file: closing the last connection empties the write-ahead log.
        SqliteConnection.ClearAllPools();
        return folder;
    }
}
