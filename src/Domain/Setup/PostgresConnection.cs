using Npgsql;

namespace Platform.Domain.Setup;

internal static class PostgresConnection
{
    /// <summary>What is wrong with a connection string; null when it can be used. The connection string itself is not quoted: it may hold a password.</summary>
    /// <param name="connectionString">Perhaps one.</param>
    /// <param name="name">What it is called where it was given.</param>
    /// <param name="mend">How it is given.</param>
    public static string? ProblemOf(string? connectionString, string name = "Database:ConnectionString", string mend = "Set Database__ConnectionString to")
    {
        mend += " something like Host=db.example.com;Database=platform;Username=platform;Password=...";
        if (string.IsNullOrWhiteSpace(connectionString))
            return $"{name} is empty; PostgreSQL needs it. {mend}";
        try
        {
            var parsed = new NpgsqlConnectionStringBuilder(connectionString);
            if (string.IsNullOrWhiteSpace(parsed.Host))
                return $"{name} names no Host. {mend}";
            return string.IsNullOrWhiteSpace(parsed.Database) ? $"{name} names no Database. {mend}" : null;
        }
        catch (ArgumentException)
        {
            return $"{name} cannot be read as one for PostgreSQL. {mend}";
        }
    }
}
