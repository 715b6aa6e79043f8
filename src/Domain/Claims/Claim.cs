namespace Platform.Domain.Claims;

/// <summary>The right to work on one row, until a newer fence is handed out.</summary>
public sealed record Claim(Guid EntityId, string Owner, long Fence);
