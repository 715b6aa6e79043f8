using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Platform.Domain.Persistence;

namespace Platform.Jobs.Hosting;

/// <summary>Ready means: the database answers and has every table that this build knows.</summary>
internal sealed class DatabaseReadiness(IDbContextFactory<PlatformDbContext> contexts) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var database = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await database.Database.CanConnectAsync(cancellationToken))
            return HealthCheckResult.Unhealthy("The database does not answer.");
        return (await database.Database.GetPendingMigrationsAsync(cancellationToken)).Any()
            ? HealthCheckResult.Unhealthy("The database is not migrated yet.")
            : HealthCheckResult.Healthy();
    }
}
