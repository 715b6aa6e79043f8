using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Persistence;
using Platform.Domain.Setup;

namespace Platform.Domain.Tests;

/// <summary>A migrated SQLite file in its own folder, and all operations on it, wired as a host wires them.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly ServiceProvider services;

    private TestDatabase(ServiceProvider services, string folder, TestClock clock)
    {
        this.services = services;
        Folder = folder;
        Clock = clock;
    }

    public string Folder { get; }

    public TestClock Clock { get; }

    public static async Task<TestDatabase> CreateAsync(params IEnumerable<(string Key, string Value)> settings)
    {
        var folder = Directory.CreateTempSubdirectory("platform-domain-").FullName;
        var clock = new TestClock();
        var values = settings.ToDictionary(pair => pair.Key, pair => (string?)pair.Value);
        values["Platform:DataPath"] = folder;
        var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<TimeProvider>(clock)
            .AddPlatformDomain(new ConfigurationBuilder().AddInMemoryCollection(values).Build())
            .BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
        await services.MigratePlatformAsync(TestContext.Current.CancellationToken);
        return new TestDatabase(services, folder, clock);
    }

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public PlatformDbContext Open() => Get<IDbContextFactory<PlatformDbContext>>().CreateDbContext();

    public Task MigrateAgainAsync() => services.MigratePlatformAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(Folder, recursive: true);
    }
}
