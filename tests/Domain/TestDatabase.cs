using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Persistence;
using Platform.Domain.Setup;

namespace Platform.Domain.Tests;

/// <summary>A migrated SQLite file in its own folder, and all operations on it, wired as a host wires them.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> Template = new(MigrateTemplateAsync);

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
        File.Copy(Path.Combine(await Template.Value, "platform.db"), Path.Combine(folder, "platform.db"));
        return Open(folder, settings);
    }

    /// <summary>Migrated once for all tests: each one starts from a copy of the file.</summary>
    private static async Task<string> MigrateTemplateAsync()
    {
        var template = Open(Directory.CreateTempSubdirectory("platform-domain-template-").FullName, []);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(template.Folder, recursive: true);
        await template.services.MigratePlatformAsync(CancellationToken.None);
        await template.CloseAsync();
        return template.Folder;
    }

    private static TestDatabase Open(string folder, IEnumerable<(string Key, string Value)> settings)
    {
        var clock = new TestClock();
        var values = settings.ToDictionary(pair => pair.Key, pair => (string?)pair.Value);
        values["Platform:DataPath"] = folder;
        var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<TimeProvider>(clock)
            .AddPlatformDomain(new ConfigurationBuilder().AddInMemoryCollection(values).Build())
            .BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
        return new TestDatabase(services, folder, clock);
    }

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public PlatformDbContext Open() => Get<IDbContextFactory<PlatformDbContext>>().CreateDbContext();

    public Task MigrateAgainAsync() => services.MigratePlatformAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>The last connection that closes folds the write-ahead log into the file.</summary>
    private async Task CloseAsync()
    {
        await using (var context = Open())
            SqliteConnection.ClearPool((SqliteConnection)context.Database.GetDbConnection());
        await services.DisposeAsync();
    }
}
