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
        services = Services(settings.Concat(copy.Settings));
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

    /// <summary>A process on a host with a data folder of its own, with the same database.</summary>
    public TestHost OnAnotherHost(params IEnumerable<(string Key, string Value)> settings)
    {
        var folder = Directory.CreateTempSubdirectory("platform-host-").FullName;
        return new TestHost(Services([.. settings, ("Database:ConnectionString", $"Data Source={Path.Combine(Folder, "platform.db")}"), .. copy.Settings, ("Platform:DataPath", folder)]), folder);
    }

    /// <summary>A process beside this one, with other settings.</summary>
    public TestHost OnThisHost(params IEnumerable<(string Key, string Value)> settings) => new(Services(settings.Concat(copy.Settings)), null);

    private ServiceProvider Services(IEnumerable<(string Key, string Value)> settings)
    {
        // The last one of a setting holds.
        var values = settings.GroupBy(pair => pair.Key).Select(group => KeyValuePair.Create(group.Key, (string?)group.Last().Value));
        return new ServiceCollection()
            .AddLogging()
            .AddSingleton<TimeProvider>(Clock)
            .AddPlatformDomain(new ConfigurationBuilder().AddInMemoryCollection(values).Build())
            .BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    public Task MigrateAgainAsync() => services.MigratePlatformAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await copy.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>Another process with the same database.</summary>
/// <param name="services">Of the domain, as a host has them.</param>
/// <param name="folder">Of its own; null when it shares that of the test's database.</param>
public sealed class TestHost(ServiceProvider services, string? folder) : IAsyncDisposable
{
    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        if (folder is not null)
            Directory.Delete(folder, recursive: true);
    }
}
