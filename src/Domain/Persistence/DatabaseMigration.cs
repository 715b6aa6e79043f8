using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Platform.Domain.Rates;
using Platform.Domain.Setup;

namespace Platform.Domain.Persistence;

/// <summary>Brings the database up to date. Portal, Api and Jobs start together, so any number of processes may call this at once.</summary>
public static class DatabaseMigration
{
    private static readonly TimeSpan Wait = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static async Task MigratePlatformAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        var contexts = services.GetRequiredService<IDbContextFactory<PlatformDbContext>>();
        var options = services.GetRequiredService<IOptions<PlatformOptions>>().Value;
        Directory.CreateDirectory(options.DataFolder);
        await using var held = await LockAsync(Path.Combine(options.DataFolder, "migrate.lock"), cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        CreateSqliteFile(context);
        if (!(await context.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
            return;

        if (context.Database.IsSqlite())
            await PrepareSqliteAsync(context, cancellationToken);
        await context.Database.MigrateAsync(cancellationToken);
        await SeedAsync(context, services.GetRequiredService<TimeProvider>(), cancellationToken);
    }

    /// <summary>What every database needs before anything can be billed.</summary>
    private static async Task SeedAsync(PlatformDbContext context, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await context.Rates.AnyAsync(cancellationToken))
            return;
        context.Rates.Add(RateBook.FirstRate(clock.GetUtcNow()));
        await context.SaveChangesAsync(cancellationToken);
    }

    /// <summary>The lock goes with the process that holds it: one that dies cannot keep the others out.</summary>
    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
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

    /// <summary>An empty file is a new database to SQLite. Nobody else makes one: see <see cref="SqliteConnectionSetup"/>.</summary>
    private static void CreateSqliteFile(PlatformDbContext context)
    {
        if (context.Database.IsSqlite() && context.Database.GetDbConnection().DataSource is { Length: > 0 } path && path != ":memory:" && !File.Exists(path))
            File.Create(path).Dispose();
    }

    private static async Task PrepareSqliteAsync(PlatformDbContext context, CancellationToken cancellationToken)
    {
        await context.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL;", cancellationToken);

        // EF's own lock is a row that a killed process leaves behind for ever. We hold the file lock, so nobody is inside.
        await context.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\";", cancellationToken);
    }
}
