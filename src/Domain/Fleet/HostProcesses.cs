using Microsoft.EntityFrameworkCore;
using Platform.Domain.Claims;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Users;

namespace Platform.Domain.Fleet;

/// <summary>Whether a host is there, by its own word.</summary>
public enum HostState
{
    Alive,

    /// <summary>It missed some heartbeats: it may hang, or the database was away.</summary>
    Silent,

    /// <summary>It ended, or has been silent for so long that others take over its work.</summary>
    Gone,
}

/// <param name="Age">Since its last heartbeat.</param>
public sealed record HostLine(HostProcess Process, HostState State, TimeSpan Age);

/// <summary>Keeps the rows of the platform's processes.</summary>
public sealed class HostProcesses(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>How often a host says that it lives.</summary>
    public static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(5);

    /// <summary>Four beats: one that is late by the length of a slow transaction is no alarm.</summary>
    public static readonly TimeSpan SilentAfter = 4 * BeatEvery;

    /// <summary>As long as claims of a process hold without a heartbeat.</summary>
    public static readonly TimeSpan GoneAfter = WorkClaims.StaleAfter;

    /// <summary>How long the row of a process that is gone stays.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    /// <summary>Name of the queue with the fine-tuning runs.</summary>
    public const string RunsQueue = "runs";

    /// <summary>Writes down how a process is; its first word also clears away those that have long been gone.</summary>
    public async Task BeatAsync(HostProcess process, HostReport report, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await context.HostProcesses.SingleOrDefaultAsync(found => found.Name == process.Name, cancellationToken);
        if (row is null)
        {
            var old = now - KeptFor;
            await context.HostProcesses.Where(found => found.SeenAt < old).ExecuteDeleteAsync(cancellationToken);
            row = process;
            context.HostProcesses.Add(row);
        }

        (row.SeenAt, row.StoppedAt, row.ResidentBytes) = (now, null, Environment.WorkingSet);
        (row.Device, row.Waiting, row.Doing, row.Queues, row.Problems) = (report.Device, report.Waiting, report.Doing, report.Queues, report.Problems);
        await context.SaveChangesAsync(cancellationToken);
    }

    /// <summary>It ends in an orderly way: nobody has to wait until it is missed.</summary>
    public async Task EndAsync(string name, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.HostProcesses.Where(found => found.Name == name).ExecuteUpdateAsync(
            set => set.SetProperty(found => found.StoppedAt, now).SetProperty(found => found.SeenAt, now), cancellationToken);
    }

    /// <summary>All processes of the last days: those that live first, then the newest.</summary>
    public async Task<Result<IReadOnlyList<HostLine>>> ListAsync(Actor actor, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("see the fleet") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var since = now - KeptFor;
        var processes = await context.HostProcesses.AsNoTracking().Where(found => found.SeenAt >= since).ToListAsync(cancellationToken);
        return Result.Success<IReadOnlyList<HostLine>>(
        [
            .. processes.Select(process => new HostLine(process, StateOf(process, now), now > process.SeenAt ? now - process.SeenAt : TimeSpan.Zero))
                .OrderBy(line => line.State).ThenByDescending(line => line.Process.StartedAt),
        ]);
    }

    internal static HostState StateOf(HostProcess process, DateTimeOffset now) => process switch
    {
        { StoppedAt: not null } => HostState.Gone,
        _ when now - process.SeenAt > GoneAfter => HostState.Gone,
        _ when now - process.SeenAt > SilentAfter => HostState.Silent,
        _ => HostState.Alive,
    };
}
