namespace Platform.Domain.Setup;

public sealed record DatabaseOptions
{
    public const string Section = "Database";

    /// <summary><c>Sqlite</c> (the embedded default) or <c>Postgres</c>.</summary>
    public string Provider { get; init; } = "Sqlite";

    /// <summary>Empty: the file platform.db in the data folder.</summary>
    public string? ConnectionString { get; init; }
}
