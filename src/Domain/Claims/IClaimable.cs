using System.Linq.Expressions;

namespace Platform.Domain.Claims;

/// <summary>A row that stands for work which exactly one process does at a time.</summary>
public interface IClaimable
{
    Guid Id { get; }

    /// <summary>The process at work, or null.</summary>
    string? ClaimOwner { get; }

    /// <summary>Grows by one with every claim; a write that names an older fence is refused.</summary>
    long ClaimFence { get; }

    DateTimeOffset? HeartbeatAt { get; }
}

/// <typeparam name="TSelf">The entity itself.</typeparam>
public interface IClaimable<TSelf> : IClaimable
    where TSelf : class, IClaimable<TSelf>
{
    /// <summary>Which rows still have work left for somebody to claim.</summary>
    static abstract Expression<Func<TSelf, bool>> HasWork { get; }
}
