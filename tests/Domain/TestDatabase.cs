using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Persistence;
using Platform.Domain.Setup;
using Platform.TestStorage;

namespace Platform.Domain.Tests;

/// <summary>A migrated database with a data folder of its own, and all operations on it, wired as a host wires them.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly ServiceProvider services;
    private readonly TestDatabaseCopy copy;

    private TestDatabase(TestDatabaseCopy copy, string folder, IEnumerable<(string Key, string Value)> settings)
    {
        this.copy = copy;
        Folder = folder;
        var values = settings.Concat(copy.Settings).ToDictionary(pair => pair.Key, pair => (string?)pair.Value);
        services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<TimeProvider>(Clock)
            .AddPlatformDomain(new ConfigurationBuilder().AddInMemoryCollection(values).Build())
            .BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    public string Folder { get; }

    public TestClock Clock { get; } = new();

    public static async Task<TestDatabase> CreateAsync(params IEnumerable<(string Key, string Value)> settings)
    {
        var folder = Directory.CreateTempSubdirectory("platform-domain-").FullName;
        return new TestDatabase(await TestDatabaseCopy.CreateAsync(folder), folder, settings);
    }

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public PlatformDbContext Open() => Get<IDbContextFactory<PlatformDbContext>>().CreateDbContext();

    public Task MigrateAgainAsync() => services.MigratePlatformAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await copy.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
