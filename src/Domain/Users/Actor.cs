using Platform.Domain.Results;

namespace Platform.Domain.Users;

/// <summary>Who performs an operation: a signed-in user, or a part of the platform acting on its own.</summary>
public sealed record Actor
{
    /// <summary>Null for the platform itself.</summary>
    public Guid? UserId { get; private init; }

    public required string Name { get; init; }

    public required bool IsAdmin { get; init; }

    public IReadOnlySet<Guid> TeamIds { get; private init; } = new HashSet<Guid>();

    public static Actor ForUser(Guid userId, string name, bool isAdmin, IEnumerable<Guid> teamIds) =>
        new() { UserId = userId, Name = name, IsAdmin = isAdmin, TeamIds = teamIds.ToHashSet() };

    /// <summary>An application that calls with a key sees what its team sees.</summary>
    public static Actor ForKey(string keyName, Guid teamId) => new() { Name = keyName, IsAdmin = false, TeamIds = new HashSet<Guid> { teamId } };

    /// <summary>The platform acting on its own; <paramref name="name"/> says which part, and is what the audit log shows.</summary>
    public static Actor System(string name) => new() { Name = name, IsAdmin = true };

    /// <summary>Members act for their teams, admins for all.</summary>
    public bool MayActFor(Guid teamId) => IsAdmin || TeamIds.Contains(teamId);

    /// <summary>Is this the one recorded as (<paramref name="userId"/>, <paramref name="name"/>)? Without a user id, names decide.</summary>
    public bool IsSameAs(Guid? userId, string name) =>
        UserId is not null || userId is not null ? UserId == userId : string.Equals(Name, name, StringComparison.Ordinal);

    public Error? RefuseUnlessAdmin(string what) => IsAdmin
        ? null
        : Error.Forbidden("admin_only", $"Only an admin may {what}. Ask one of your admins to do it.");
}
