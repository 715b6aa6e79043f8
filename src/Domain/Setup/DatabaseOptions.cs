namespace Platform.Domain.Setup;

public sealed record DatabaseOptions
{
    public const string Section = "Database";

    public const string Sqlite = "Sqlite";
    public const string Postgres = "Postgres";

    /// <summary><c>Sqlite</c> (the embedded default) or <c>Postgres</c>.</summary>
    public string Provider { get; init; } = Sqlite;

    /// <summary>Empty: the file platform.db in the data folder. PostgreSQL needs one, such as Host=db;Database=platform;Username=platform;Password=...</summary>
    public string? ConnectionString { get; init; }
}
