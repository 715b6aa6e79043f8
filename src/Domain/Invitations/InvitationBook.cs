using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Teams;
using Platform.Domain.Users;

namespace Platform.Domain.Invitations;

/// <param name="TeamId">Null for no team.</param>
public sealed record InvitationRequest(string Email, bool IsAdmin, Guid? TeamId, TimeSpan Lifetime);

/// <param name="Token">Only here: nothing can show it again.</param>
public sealed record IssuedInvitation(Invitation Invitation, string Token);

/// <summary>Invites people, and makes accounts of invitations. The platform sends no mail: admins hand the links over.</summary>
public sealed class InvitationBook(IServiceScopeFactory scopes, TimeProvider clock)
{
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromDays(7);
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(30);

    /// <summary>43 characters of unpadded base64url: 256 random bits.</summary>
    public const int TokenLength = 43;

    private const int TokenBytes = 32;
    private const int MostOpen = 500;
    private const int MostListed = 200;

    /// <summary>Newest first.</summary>
    public async Task<Result<IReadOnlyList<Invitation>>> ListAsync(Actor actor, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("list the invitations") is { } refusal)
            return refusal;
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<PlatformDbContext>();
        return await context.Invitations.AsNoTracking().Include(invitation => invitation.Team)
            .OrderByDescending(invitation => invitation.CreatedAt).Take(MostListed).ToListAsync(cancellationToken);
    }

    /// <summary>Inviting somebody again makes a new link and ends the one before.</summary>
    public async Task<Result<IssuedInvitation>> InviteAsync(Actor actor, InvitationRequest request, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("invite people") is { } refusal)
            return refusal;
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<PlatformDbContext>();
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var email = request.Email.Trim().ToLowerInvariant();
        var problems = await ProblemsAsync(scope.ServiceProvider, request, email, now, cancellationToken);
        if (problems.Count > 0)
            return Result.Failure<IssuedInvitation>(problems);

        foreach (var earlier in await context.Invitations.Where(one => one.Email == email && one.AcceptedAt == null && one.RevokedAt == null).ToListAsync(cancellationToken))
            earlier.RevokedAt = now;
        var token = Convert.ToBase64String(RandomNumberGenerator.GetBytes(TokenBytes)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var invitation = new Invitation
        {
            Email = email,
            IsAdmin = request.IsAdmin,
            TeamId = request.TeamId,
            TokenHash = HashOf(token),
            CreatedById = actor.UserId,
            CreatedByName = actor.Name,
            CreatedAt = now,
            ExpiresAt = now + request.Lifetime,
        };
        context.Invitations.Add(invitation);
        AuditTrail.Add(
            context, now, actor, "invitation.created", nameof(Invitation), invitation.Id,
            after: new { invitation.Email, invitation.IsAdmin, invitation.TeamId, invitation.ExpiresAt });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new IssuedInvitation(invitation, token);
    }

    /// <summary>Revoking twice changes nothing; what became an account stays one.</summary>
    public async Task<Result> RevokeAsync(Actor actor, Guid id, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("revoke an invitation") is { } refusal)
            return refusal;
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<PlatformDbContext>();
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var invitation = await context.Invitations.SingleOrDefaultAsync(found => found.Id == id, cancellationToken);
        if (invitation is null)
            return InvitationErrors.Unknown(id);
        var now = clock.GetUtcNow();
        if (invitation.AcceptedAt is not null)
            return InvitationErrors.NotOpen(invitation, now);
        if (invitation.RevokedAt is not null)
            return Result.Success();

        invitation.RevokedAt = now;
        AuditTrail.Add(context, now, actor, "invitation.revoked", nameof(Invitation), id, after: new { invitation.Email });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Result.Success();
    }

    /// <summary>For whoever has the link: who they would become.</summary>
    public async Task<Result<Invitation>> FindAsync(string? token, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await OpenAsync(scope.ServiceProvider.GetRequiredService<PlatformDbContext>().Invitations.AsNoTracking(), token, cancellationToken);
    }

    /// <returns>The new user's id. Of two who use a link at the same time one gets the account.</returns>
    public async Task<Result<Guid>> AcceptAsync(string? token, string displayName, string password, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<PlatformDbContext>();
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var found = await OpenAsync(context.Invitations, token, cancellationToken);
        if (found.IsFailure)
            return Result.Failure<Guid>(found.Errors);

        var invitation = found.Value;
        var now = clock.GetUtcNow();
        var created = await AccountCreation.AddAsync(
            scope.ServiceProvider, by: null, new AccountDraft(invitation.Email, displayName, invitation.IsAdmin, password), now, cancellationToken);
        if (created.IsFailure)
            return Result.Failure<Guid>(created.Errors);
        var user = created.Value;
        (invitation.AcceptedAt, invitation.UserId) = (now, user.Id);
        if (invitation.TeamId is { } teamId)
            context.TeamMembers.Add(new TeamMember { TeamId = teamId, UserId = user.Id });
        AuditTrail.Add(
            context, now, Actor.ForUser(user.Id, user.DisplayName, invitation.IsAdmin, []), "invitation.accepted", nameof(Invitation), invitation.Id,
            after: new { invitation.Email, invitation.IsAdmin, invitation.TeamId, invitation.CreatedByName });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return user.Id;
    }

    private async Task<Result<Invitation>> OpenAsync(IQueryable<Invitation> invitations, string? token, CancellationToken cancellationToken)
    {
        if (token is not { Length: TokenLength })
            return InvitationErrors.Unknown();

        // As with keys: the look-up sees only the hash, and the comparison itself takes constant time.
        var hash = HashOf(token);
        var invitation = await invitations.Include(found => found.Team).SingleOrDefaultAsync(found => found.TokenHash == hash, cancellationToken);
        if (invitation is null || !CryptographicOperations.FixedTimeEquals(invitation.TokenHash, hash))
            return InvitationErrors.Unknown();
        var now = clock.GetUtcNow();
        return invitation.StatusAt(now) == InvitationStatus.Open ? invitation : InvitationErrors.NotOpen(invitation, now);
    }

    private static async Task<List<Error>> ProblemsAsync(
        IServiceProvider services, InvitationRequest request, string email, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var context = services.GetRequiredService<PlatformDbContext>();
        var users = services.GetRequiredService<UserManager<User>>();
        List<Error> problems = [];
        if (!IsAddress(email, users.Options.User.AllowedUserNameCharacters))
            problems.Add(InvitationErrors.EmailInvalid(email));
        else if (await users.FindByEmailAsync(email) is not null || await users.FindByNameAsync(email) is not null)
            problems.Add(InvitationErrors.UserExists(email));
        if (request.TeamId is { } teamId && !await context.Teams.AnyAsync(team => team.Id == teamId, cancellationToken))
            problems.Add(TeamErrors.Unknown(teamId.ToString()));
        if (request.Lifetime < TimeSpan.FromHours(1) || request.Lifetime > LongestLifetime)
            problems.Add(InvitationErrors.LifetimeInvalid());
        if (await context.Invitations.CountAsync(one => one.AcceptedAt == null && one.RevokedAt == null && one.ExpiresAt > now, cancellationToken) >= MostOpen)
            problems.Add(InvitationErrors.TooMany(MostOpen));
        return problems;
    }

    /// <summary>Identity would refuse anything else, but only when the invited person comes.</summary>
    private static bool IsAddress(string email, string allowed) =>
        email.Length <= 256 && email.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at == email.LastIndexOf('@') && at < email.Length - 1 && email.All(allowed.Contains);

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
