using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Platform.Domain.Rates;
using Platform.Domain.Setup;

namespace Platform.Domain.Persistence;

/// <param name="Sql">Of the pending migrations; empty without one.</param>
public sealed record MigrationPlan(IReadOnlyList<string> Applied, IReadOnlyList<string> Pending, string Sql);

/// <summary>Brings the database up to date. Portal, Api and Jobs start together, so any number of processes may call this at once.</summary>
public static class DatabaseMigration
{
    public static Task MigratePlatformAsync(this IServiceProvider services, CancellationToken cancellationToken) =>
        services.MigratePlatformAsync(andThen: null, cancellationToken);

    /// <param name="andThen">Further tables in the same database, such as those of a queue. No other process makes them at the same time.</param>
    public static async Task MigratePlatformAsync(this IServiceProvider services, Action? andThen, CancellationToken cancellationToken)
    {
        var contexts = services.GetRequiredService<IDbContextFactory<PlatformDbContext>>();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var held = await MigrationLock.TakeAsync(context, services.GetRequiredService<IOptions<PlatformOptions>>().Value, cancellationToken);
        CreateSqliteFile(context);
        if ((await context.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
        {
            if (context.Database.IsSqlite())
                await PrepareSqliteAsync(context, cancellationToken);
            await context.Database.MigrateAsync(cancellationToken);
            await SeedAsync(context, services.GetRequiredService<TimeProvider>(), cancellationToken);
        }

        andThen?.Invoke();
    }

    /// <summary>What <see cref="MigratePlatformAsync(IServiceProvider, CancellationToken)"/> would do now. It changes nothing and needs no database.</summary>
    public static async Task<MigrationPlan> PlanMigrationAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var context = await services.GetRequiredService<IDbContextFactory<PlatformDbContext>>().CreateDbContextAsync(cancellationToken);
        List<string> applied = [.. await context.Database.GetAppliedMigrationsAsync(cancellationToken)];
        List<string> pending = [.. context.Database.GetMigrations().Except(applied)];
        var sql = pending.Count == 0 ? "" : context.GetService<IMigrator>().GenerateScript(applied.LastOrDefault(), pending[^1]);
        return new MigrationPlan(applied, pending, sql);
    }

    /// <summary>What every database needs before anything can be billed.</summary>
    private static async Task SeedAsync(PlatformDbContext context, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await context.Rates.AnyAsync(cancellationToken))
            return;
        context.Rates.Add(RateBook.FirstRate(clock.GetUtcNow()));
        await context.SaveChangesAsync(cancellationToken);
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
