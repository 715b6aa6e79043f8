using Microsoft.EntityFrameworkCore;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.WhatIf;

/// <summary>Asks and answers what a task would do by joining. Jobs picks up what is queued.</summary>
public sealed class WhatIfEstimates(IDbContextFactory<PlatformDbContext> contexts, TimeProvider clock)
{
    /// <summary>Queues an estimate from the newest probe. One of the same data and probe that is on its way or done is not made twice.</summary>
    public async Task<Result<WhatIfEstimate>> AskAsync(Actor actor, Guid taskId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        var task = await context.Tasks.SingleOrDefaultAsync(found => found.Id == taskId, cancellationToken);
        if (task is null || !actor.MaySee(task))
            return TaskErrors.Unknown(taskId.ToString());
        var version = await context.DatasetVersions.Where(found => found.TaskId == taskId && found.Status == DatasetStatus.Ready)
            .OrderByDescending(found => found.Number).FirstOrDefaultAsync(cancellationToken);
        if (version is null)
            return WhatIfErrors.NoData(task.Name);
        if (await NewestProbeAsync(context, cancellationToken) is not { } runId)
            return WhatIfErrors.NoProbe();
        var same = await context.WhatIfEstimates.OrderByDescending(found => found.Id).FirstOrDefaultAsync(
            found => found.DatasetVersionId == version.Id && found.RunId == runId && found.Status != WhatIfStatus.Failed, cancellationToken);
        if (same is not null)
            return same;

        var estimate = new WhatIfEstimate
        {
            TaskId = taskId,
            DatasetVersionId = version.Id,
            RunId = runId,
            RequestedByName = actor.Name,
            CreatedAt = clock.GetUtcNow(),
        };
        context.WhatIfEstimates.Add(estimate);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return estimate;
    }

    /// <summary>The task's newest estimate with its run, or null.</summary>
    public async Task<WhatIfEstimate?> NewestAsync(Guid taskId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.WhatIfEstimates.AsNoTracking().Include(found => found.Run).Include(found => found.DatasetVersion)
            .Where(found => found.TaskId == taskId).OrderByDescending(found => found.Id).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Whether any run has left a probe.</summary>
    public async Task<bool> HasProbeAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await NewestProbeAsync(context, cancellationToken) is not null;
    }

    /// <summary>All that answering needs, and marks the estimate as running.</summary>
    public async Task<Result<WhatIfEstimate>> StartAsync(Claim claim, CancellationToken cancellationToken) =>
        await WriteAsync(claim, estimate => estimate.Start(clock.GetUtcNow()), cancellationToken);

    public async Task<Result<WhatIfEstimate>> CompleteAsync(Claim claim, string resultJson, CancellationToken cancellationToken) =>
        await WriteAsync(claim, estimate => estimate.Complete(resultJson, clock.GetUtcNow()), cancellationToken);

    public async Task<Result<WhatIfEstimate>> FailAsync(Claim claim, string error, CancellationToken cancellationToken) =>
        await WriteAsync(claim, estimate => estimate.Fail(error, clock.GetUtcNow()), cancellationToken);

    private async Task<Result<WhatIfEstimate>> WriteAsync(Claim claim, Action<WhatIfEstimate> change, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.BeginWriteAsync(cancellationToken);
        if (!await WorkClaims.HoldAsync<WhatIfEstimate>(context, claim, clock, cancellationToken))
            return ClaimErrors.Lost(claim);
        var estimate = await context.WhatIfEstimates.Include(found => found.Task).Include(found => found.DatasetVersion)
            .Include(found => found.Run!).ThenInclude(run => run.Steps)
            .SingleAsync(found => found.Id == claim.EntityId, cancellationToken);
        change(estimate);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return estimate;
    }

    /// <summary>The run of the newest finished probe that was kept.</summary>
    private static async Task<Guid?> NewestProbeAsync(PlatformDbContext context, CancellationToken cancellationToken)
    {
        var steps = await context.RunSteps.AsNoTracking()
            .Where(step => step.Kind == RunStepKind.Probe && step.Status == RunStepStatus.Done)
            .OrderByDescending(step => step.EndedAt).Select(step => new { step.RunId, step.ResultJson }).ToListAsync(cancellationToken);
        return steps.FirstOrDefault(step => FilterFindings.Read(step.ResultJson)?.Probe is not null)?.RunId;
    }
}
