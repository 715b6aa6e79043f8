using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Platform.Domain.Persistence;
using Platform.Domain.Setup;

namespace Platform.Migrations.Sqlite;

/// <summary>For <c>build/add-migration NAME</c>. It never opens the database.</summary>
public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<PlatformDbContext>
{
    public PlatformDbContext CreateDbContext(string[] args)
    {
        var builder = new DbContextOptionsBuilder<PlatformDbContext>();
        builder.UsePlatformSqlite("Data Source=design-time.db");
        return new PlatformDbContext(builder.Options);
    }
}
