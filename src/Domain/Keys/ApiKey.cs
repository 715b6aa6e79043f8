using Platform.Domain.Tasks;
using Platform.Domain.Teams;

namespace Platform.Domain.Keys;

/// <summary>An application's key. The secret itself is never stored.</summary>
public sealed class ApiKey
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required string Name { get; init; }

    public required Guid TeamId { get; init; }

    public Team? Team { get; init; }

    /// <summary>The secret's first characters, so that people recognise it.</summary>
    public required string Prefix { get; set; }

    /// <summary>SHA-256 of the secret. The secret has 256 random bits, so a slow hash would add nothing.</summary>
    public required byte[] SecretHash { get; set; }

    /// <summary>Null until the key gets a new secret.</summary>
    public DateTimeOffset? RotatedAt { get; set; }

    /// <summary>First characters of the secret before this one.</summary>
    public string? OldPrefix { get; set; }

    public byte[]? OldSecretHash { get; set; }

    /// <summary>Exclusive: from then on the secret before this one is refused.</summary>
    public DateTimeOffset? OldSecretUntil { get; set; }

    /// <summary>Says whether some application has not changed over yet.</summary>
    public DateTimeOffset? OldSecretUsedAt { get; set; }

    public required bool AllTasks { get; init; }

    public List<ApiKeyTask> Tasks { get; } = [];

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>Requests that it may make in a minute; null for no limit.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>Tokens, of prompts and answers, that it may use in a minute; null for no limit.</summary>
    public int? TokensPerMinute { get; init; }

    public Guid? CreatedById { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; set; }
}

/// <summary>A task that a key may call.</summary>
public sealed class ApiKeyTask
{
    public required Guid KeyId { get; init; }

    public required Guid TaskId { get; init; }

    public TaskDefinition? Task { get; init; }
}
