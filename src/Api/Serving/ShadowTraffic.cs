using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Platform.Api.Requests;
using Platform.Api.Setup;
using Platform.Api.Usage;
using Platform.Domain.Deployments;
using Platform.Domain.Usage;

namespace Platform.Api.Serving;

/// <summary>
/// Sends copies of answered requests to a deployment in shadow, compares its answers with those that the callers got, and adds the
/// comparisons up. A caller never waits for it, and never pays for it: the copies' device time is on record as shadow.
/// </summary>
internal sealed partial class ShadowTraffic(
    EngineThread engine, ServingState state, UsageWriter usage, TrialComparisons comparisons, IOptions<ApiOptions> options, TimeProvider clock,
    ILogger<ShadowTraffic> logger) : BackgroundService
{
    private readonly ConcurrentDictionary<Task, byte> underWay = [];
    private readonly ConcurrentQueue<TrialComparison> finished = [];

    /// <summary>Copies the request where the rollout's plan wants it; a shadow whose queue is full misses it.</summary>
    public void Offer(TaskCall call, RequestOutcome outcome)
    {
        if (state.Routing.ShadowFor(call.Task.Spec.Name, call.Deployment) is not { } shadow)
            return;
        var copy = CompareAsync(shadow, call, outcome);
        underWay[copy] = 0;
        _ = copy.ContinueWith(done => underWay.TryRemove(done, out _), TaskScheduler.Default);
    }

    /// <summary>After the engine: what it still answered is compared.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(underWay.Keys).WaitAsync(cancellationToken);
        await WriteAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.DeploymentPoll, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await WriteAsync(stoppingToken);
    }

    private async Task CompareAsync(ServedDeployment shadow, TaskCall call, RequestOutcome answered)
    {
        try
        {
            var name = call.Task.Spec.Name;
            var task = shadow.Tasks[name];
            List<QueuedInput> inputs = [.. call.Inputs.Select(input => new QueuedInput(input.Text, input.Text2, shadow.Model.CountPromptTokens(name, input.Text, input.Text2), input.Options))];
            var copied = inputs.All(input => input.Tokens <= task.MaxPromptTokens)
                ? await engine.RunAsync(shadow, new QueuedRequest(name, inputs) { Priority = RequestPriority.Batch }, CancellationToken.None)
                : null;
            if (copied is { IsFailure: true })
                return;
            if (copied is not null)
                await RecordAsync(shadow, task, call, copied.Value);
            finished.Enqueue(Compare(shadow, call, answered, copied?.Value));
        }
        catch (Exception exception)
        {
            // A fault of the trial must not reach anybody but the admin who watches it.
            LogCopyFailed(exception, shadow.Number, call.Task.Spec.Name);
        }
    }

    private static TrialComparison Compare(ServedDeployment shadow, TaskCall call, RequestOutcome answered, RequestOutcome? copied)
    {
        List<(Engine.Generation.Answer Live, Engine.Generation.Answer Shadow)> pairs = copied is null ? [] : [.. answered.Answers.Zip(copied.Answers)];
        return new TrialComparison
        {
            DeploymentId = shadow.Id,
            LiveId = call.Deployment.Id,
            TaskId = call.Task.Id,
            Inputs = call.Inputs.Count,
            Same = pairs.Count(pair => pair.Live.Output == pair.Shadow.Output),
            Failed = call.Inputs.Count - pairs.Count,
            ScoreDifference = pairs.Where(pair => pair.Live.Output == pair.Shadow.Output).Sum(pair => Math.Abs(pair.Live.Score - pair.Shadow.Score)),
            LiveMicroseconds = answered.DeviceMicroseconds,
            ShadowMicroseconds = copied?.DeviceMicroseconds ?? 0,
        };
    }

    private async Task RecordAsync(ServedDeployment shadow, DeployedTask task, TaskCall call, RequestOutcome outcome) => await usage.RecordAsync(new UsageDraft(
        clock.GetUtcNow(), $"shadow-{Guid.CreateVersion7():N}", task.Id, task.TeamId, call.Key.KeyId, shadow.ModelVersionId, shadow.Id, call.Inputs.Count,
        outcome.PromptTokens, outcome.CachedTokens, outcome.CompletionTokens, outcome.DeviceMicroseconds, UsageStatus.Shadow, TimeSpan.Zero)
    {
        SessionId = shadow.SessionId,
    });

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        List<TrialComparison> batch = [];
        while (finished.TryDequeue(out var comparison))
            batch.Add(comparison);
        if (batch.Count == 0)
            return;
        List<TrialComparison> sums = [.. batch.GroupBy(one => (one.DeploymentId, one.LiveId, one.TaskId)).Select(group => new TrialComparison
        {
            DeploymentId = group.Key.DeploymentId,
            LiveId = group.Key.LiveId,
            TaskId = group.Key.TaskId,
            Inputs = group.Sum(one => one.Inputs),
            Same = group.Sum(one => one.Same),
            Failed = group.Sum(one => one.Failed),
            ScoreDifference = group.Sum(one => one.ScoreDifference),
            LiveMicroseconds = group.Sum(one => one.LiveMicroseconds),
            ShadowMicroseconds = group.Sum(one => one.ShadowMicroseconds),
        })];
        try
        {
            await comparisons.AddAsync(sums, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNotWritten(exception, batch.Count);
            sums.ForEach(finished.Enqueue);
        }
    }
}
