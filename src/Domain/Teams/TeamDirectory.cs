using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Teams;

/// <summary>Creates teams and says who belongs to them. Only admins change them.</summary>
public sealed class TeamDirectory(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>By name: a member's own teams, for an admin all.</summary>
    public async Task<IReadOnlyList<Team>> ListAsync(Actor actor, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var mine = actor.TeamIds.ToList();
        return await context.Teams.AsNoTracking().Include(team => team.Members).ThenInclude(member => member.User)
            .Where(team => actor.IsAdmin || mine.Contains(team.Id))
            .OrderBy(team => team.Name).ToListAsync(cancellationToken);
    }

    public async Task<Result<Team>> FindAsync(Actor actor, string name, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var team = await context.Teams.AsNoTracking().SingleOrDefaultAsync(found => found.Name == name, cancellationToken);
        return team is null || !actor.MayActFor(team.Id) ? TeamErrors.Unknown(name) : team;
    }

    public async Task<Result<Team>> CreateAsync(Actor actor, string name, string displayName, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("create a team") is { } refusal)
            return refusal;
        if (!TaskRules.Slug().IsMatch(name))
            return TeamErrors.NameInvalid(name);

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var team = new Team { Name = name, DisplayName = string.IsNullOrWhiteSpace(displayName) ? name : displayName.Trim(), CreatedAt = now };
        context.Teams.Add(team);
        AuditTrail.Add(context, now, actor, "team.created", nameof(Team), team.Id, after: new { team.Name, team.DisplayName });
        return await context.TrySaveAsync(cancellationToken) ? team : TeamErrors.NameTaken(name);
    }

    /// <summary>Adding a member twice changes nothing.</summary>
    public async Task<Result> AddMemberAsync(Actor actor, Guid teamId, Guid userId, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("add a member to a team") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await context.Teams.AnyAsync(team => team.Id == teamId, cancellationToken))
            return TeamErrors.Unknown(teamId.ToString());
        if (!await context.Users.AnyAsync(user => user.Id == userId, cancellationToken))
            return UserErrors.Unknown(userId.ToString());
        if (await context.TeamMembers.AnyAsync(member => member.TeamId == teamId && member.UserId == userId, cancellationToken))
            return Result.Success();

        context.TeamMembers.Add(new TeamMember { TeamId = teamId, UserId = userId });
        AuditTrail.Add(context, clock.GetUtcNow(), actor, "team.member_added", nameof(Team), teamId, after: new { UserId = userId });
        await context.TrySaveAsync(cancellationToken);
        return Result.Success();
    }

    public async Task<Result> RemoveMemberAsync(Actor actor, Guid teamId, Guid userId, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("remove a member from a team") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var member = await context.TeamMembers.SingleOrDefaultAsync(found => found.TeamId == teamId && found.UserId == userId, cancellationToken);
        if (member is null)
            return Result.Success();

        context.TeamMembers.Remove(member);
        AuditTrail.Add(context, clock.GetUtcNow(), actor, "team.member_removed", nameof(Team), teamId, before: new { UserId = userId });
        await context.SaveChangesAsync(cancellationToken);
        return Result.Success();
    }
}
