using Microsoft.EntityFrameworkCore;

namespace Platform.Domain.Persistence;

internal static class UniqueSave
{
    /// <summary>SQLite's extended result codes for a violated UNIQUE or PRIMARY KEY constraint.</summary>
    private const int SqliteUnique = 2067;
    private const int SqlitePrimaryKey = 1555;

    /// <summary>Saves; false when a unique index refused it, that is, when another process was quicker.</summary>
    public static async Task<bool> TrySaveAsync(this PlatformDbContext context, CancellationToken cancellationToken)
    {
        try
        {
            await context.SaveChangesAsync(cancellationToken);
            return true;
        }
        catch (DbUpdateException exception) when (IsUniqueViolation(exception))
        {
            return false;
        }
    }

    public static bool IsUniqueViolation(DbUpdateException exception) => exception.InnerException switch
    {
        Microsoft.Data.Sqlite.SqliteException sqlite => sqlite.SqliteExtendedErrorCode is SqliteUnique or SqlitePrimaryKey,
        System.Data.Common.DbException other => other.SqlState == "23505",
        _ => false,
    };
}
