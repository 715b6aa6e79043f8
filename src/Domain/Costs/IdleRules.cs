using Microsoft.EntityFrameworkCore;
using Platform.Domain.Audit;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Costs;

/// <summary>Who pays for idle time, over time. Past days keep the rule that they had.</summary>
public sealed class IdleRules(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    private const int MaxWeight = 1_000_000;

    /// <summary>Newest first; the last one is what holds before anybody chose.</summary>
    public async Task<IReadOnlyList<IdleRule>> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await ListAsync(context, cancellationToken);
    }

    internal static async Task<IReadOnlyList<IdleRule>> ListAsync(PlatformDbContext context, CancellationToken cancellationToken) =>
        [.. await context.IdleRules.AsNoTracking().OrderByDescending(rule => rule.StartsAt).ThenByDescending(rule => rule.Revision).ToListAsync(cancellationToken), IdleRule.First];

    internal static IdleRule InForceOn(IReadOnlyList<IdleRule> rules, DateOnly day)
    {
        var start = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        return rules.First(rule => rule.StartsAt <= start);
    }

    /// <summary>Holds from today (UTC) on.</summary>
    public async Task<Result<IdleRule>> SetAsync(Actor actor, IdleSharing sharing, IReadOnlyList<TaskReservation> reservations, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("say who pays for idle time") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var errors = await ProblemsAsync(context, sharing, reservations, cancellationToken);
        if (errors.Count > 0)
            return Result.Failure<IdleRule>(errors);

        var now = clock.GetUtcNow();
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var rules = await ListAsync(context, cancellationToken);
        var rule = new IdleRule
        {
            StartsAt = today,
            Revision = rules.Count(found => found.StartsAt == today),
            Sharing = sharing,
            Reservations = sharing == IdleSharing.ByReservation ? reservations : [],
            CreatedAt = now,
            CreatedByName = actor.Name,
        };
        context.IdleRules.Add(rule);
        AuditTrail.Add(
            context, now, actor, "idle_rule.set", nameof(IdleRule), rule.Id,
            before: new { rules[0].Sharing, rules[0].Reservations }, after: new { rule.Sharing, rule.Reservations, rule.StartsAt });
        return await context.TrySaveAsync(cancellationToken)
            ? rule
            : Error.Conflict("idle_rule_set_meanwhile", "Somebody else set the rule at the same moment. Look at it and try again.");
    }

    private static async Task<List<Error>> ProblemsAsync(
        PlatformDbContext context, IdleSharing sharing, IReadOnlyList<TaskReservation> reservations, CancellationToken cancellationToken)
    {
        List<Error> errors = [];
        if (sharing != IdleSharing.ByReservation)
            return errors;
        if (reservations.Sum(reservation => (long)Math.Max(0, reservation.Weight)) == 0)
            errors.Add(Error.Invalid("idle_reservations_missing", "Nobody has a reservation, so nobody would pay; give at least one task a weight above 0.", "reservations"));
        foreach (var reservation in reservations.Where(reservation => reservation.Weight is < 0 or > MaxWeight))
            errors.Add(Error.Invalid("idle_weight_out_of_range", $"The weight {reservation.Weight} must lie between 0 and {MaxWeight}.", "reservations"));
        var ids = reservations.Select(reservation => reservation.TaskId).ToList();
        if (ids.Distinct().Count() < ids.Count)
            errors.Add(Error.Invalid("idle_task_twice", "A task has two reservations; give each task one weight.", "reservations"));
        var known = await context.Tasks.Where(task => ids.Contains(task.Id)).Select(task => task.Id).ToListAsync(cancellationToken);
        foreach (var id in ids.Distinct().Except(known))
            errors.Add(Error.NotFound("task_unknown", $"There is no task {id}. List the tasks to find its name.", "reservations"));
        return errors;
    }
}
