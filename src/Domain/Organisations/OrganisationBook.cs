using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Organisations;

/// <summary>How far the set-up came. Each step is done when what it makes is there, however it came there.</summary>
/// <param name="Name">Null until somebody says it.</param>
/// <param name="HasTeam">At least one.</param>
/// <param name="HasPeople">Somebody besides the first admin, or an invitation.</param>
/// <param name="HasTask">At least one.</param>
public sealed record SetupState(bool HasBegun, bool HasEnded, string? Name, bool HasTeam, bool HasPeople, bool HasTask)
{
    /// <summary>Nobody finished or skipped it, and the platform was empty when it began, or is.</summary>
    public bool IsDue => !HasEnded && (HasBegun || !HasTeam && !HasTask);
}

/// <summary>Says whose platform this is, and guides the first admin through what it needs.</summary>
public sealed class OrganisationBook(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <returns>Null until somebody says it.</returns>
    public async Task<string?> NameAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Organisations.AsNoTracking().Select(found => found.Name).SingleOrDefaultAsync(cancellationToken) is { Length: > 0 } name ? name : null;
    }

    public async Task<Result<SetupState>> SetupAsync(Actor actor, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("set the platform up") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var organisation = await context.Organisations.AsNoTracking().SingleOrDefaultAsync(cancellationToken);
        return new SetupState(
            organisation is not null,
            organisation?.SetupEndedAt is not null,
            organisation?.Name is { Length: > 0 } name ? name : null,
            await context.Teams.AnyAsync(cancellationToken),
            await context.Users.CountAsync(cancellationToken) > 1 || await context.Invitations.AnyAsync(cancellationToken),
            await context.Tasks.AnyAsync(cancellationToken));
    }

    /// <summary>From then on the guide stays until it is ended, whatever was made meanwhile. Beginning twice changes nothing.</summary>
    public Task<Result> BeginSetupAsync(Actor actor, CancellationToken cancellationToken) =>
        ChangeAsync(actor, "setup.began", _ => false, cancellationToken);

    public Task<Result> EndSetupAsync(Actor actor, CancellationToken cancellationToken) => ChangeAsync(actor, "setup.ended", organisation =>
    {
        if (organisation.SetupEndedAt is not null)
            return false;
        organisation.SetupEndedAt = clock.GetUtcNow();
        return true;
    }, cancellationToken);

    public async Task<Result> RenameAsync(Actor actor, string? name, CancellationToken cancellationToken)
    {
        var wanted = name?.Trim() ?? "";
        if (wanted.Length is 0 or > Organisation.LongestName || wanted.Any(char.IsControl))
            return Error.Invalid("organisation_name_invalid", $"The organisation's name must have 1 to {Organisation.LongestName} characters, without line breaks.", "name");
        return await ChangeAsync(actor, "organisation.renamed", organisation =>
        {
            if (organisation.Name == wanted)
                return false;
            organisation.Name = wanted;
            return true;
        }, cancellationToken);
    }

    private async Task<Result> ChangeAsync(Actor actor, string action, Func<Organisation, bool> change, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("set the platform up") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var organisation = await context.Organisations.SingleOrDefaultAsync(cancellationToken);
        var isNew = organisation is null;
        organisation ??= context.Organisations.Add(new Organisation { Name = "", SetupBeganAt = now }).Entity;
        var before = isNew ? null : new { organisation.Name, organisation.SetupEndedAt };
        if (!change(organisation) && !isNew)
            return Result.Success();
        AuditTrail.Add(context, now, actor, action, nameof(Organisation), organisation.Id, before, new { organisation.Name, organisation.SetupEndedAt });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Result.Success();
    }
}
