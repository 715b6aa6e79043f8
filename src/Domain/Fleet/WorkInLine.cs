using Microsoft.EntityFrameworkCore;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Intakes;
using Platform.Domain.Datasets.Revisions;
using Platform.Domain.Deployments;
using Platform.Domain.Persistence;
using Platform.Domain.Playground;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Forecasts;
using Platform.Domain.Users;
using Platform.Domain.WhatIf;

namespace Platform.Domain.Fleet;

/// <summary>Work of one kind that is not done.</summary>
/// <param name="Waiting">Nobody alive works on it.</param>
/// <param name="InHand">Somebody does.</param>
public sealed record WorkLine(string Name, int Waiting, int InHand);

/// <summary>Somebody at work.</summary>
/// <param name="Process">Name of the process, as in <see cref="HostProcess.Name"/>.</param>
/// <param name="Text">Such as "Run 7".</param>
/// <param name="Address">Of its page in the portal; null where it has none.</param>
public sealed record HeldWork(string Process, string Text, string? Address);

public sealed record WorkOverview(IReadOnlyList<WorkLine> Lines, IReadOnlyList<HeldWork> InHand);

/// <summary>What waits and who works on what, by the rows themselves: whatever happens to queues in memory, these are true.</summary>
public sealed class WorkInLine(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    public async Task<Result<WorkOverview>> ListAsync(Actor actor, CancellationToken cancellationToken)
    {
        if (actor.RefuseUnlessAdmin("see the fleet") is { } refusal)
            return refusal;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var alive = clock.GetUtcNow() - WorkClaims.StaleAfter;
        List<WorkLine> lines =
        [
            await LineAsync<FineTuningRun>(context, "Runs", alive, cancellationToken),
            await LineAsync<DatasetVersion>(context, "Data checks", alive, cancellationToken),
            await LineAsync<DatasetIntake>(context, "Uploads to read", alive, cancellationToken),
            await LineAsync<DatasetRevision>(context, "Edited data", alive, cancellationToken),
            await LineAsync<ForecastRequest>(context, "Forecasts", alive, cancellationToken),
            await LineAsync<WhatIfEstimate>(context, "What-if estimates", alive, cancellationToken),
            await LineAsync<PlaygroundQuestion>(context, "Playground questions", alive, cancellationToken),
            await LineAsync<Deployment>(context, "Deployments", alive, cancellationToken),
        ];
        var runs = await context.Runs.Where(FineTuningRun.HasWork).Where(run => run.ClaimOwner != null && run.HeartbeatAt >= alive)
            .Select(run => new { run.ClaimOwner, run.Number }).ToListAsync(cancellationToken);
        var checks = await context.DatasetVersions.Where(DatasetVersion.HasWork).Where(version => version.ClaimOwner != null && version.HeartbeatAt >= alive).OrderBy(version => version.Id)
            .Select(version => new { version.ClaimOwner, version.Task!.Name, version.Number }).Take(100).ToListAsync(cancellationToken);
        return new WorkOverview(lines,
        [
            .. runs.Select(run => new HeldWork(run.ClaimOwner!, $"Run {run.Number}", $"/runs/{run.Number}")),
            .. checks.Select(check => new HeldWork(check.ClaimOwner!, $"Check of {check.Name}, version {check.Number}", $"/tasks/{check.Name}/data/{check.Number}")),
        ]);
    }

    private static async Task<WorkLine> LineAsync<T>(PlatformDbContext context, string name, DateTimeOffset alive, CancellationToken cancellationToken)
        where T : class, IClaimable<T>
    {
        var all = context.Set<T>().Where(T.HasWork);
        var inHand = await all.CountAsync(row => row.ClaimOwner != null && row.HeartbeatAt >= alive, cancellationToken);
        return new WorkLine(name, await all.CountAsync(cancellationToken) - inHand, inHand);
    }
}
