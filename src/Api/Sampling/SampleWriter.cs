using System.Collections.Frozen;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Platform.Api.Requests;
using Platform.Api.Serving;
using Platform.Api.Setup;
using Platform.Api.Telemetry;
using Platform.Domain.Sampling;

namespace Platform.Api.Sampling;

/// <summary>
/// Keeps a share of the answered requests of those tasks whose owners asked for it. No request waits for it: what it cannot take at once
/// it drops, and what the database does not take, too.
/// </summary>
internal sealed partial class SampleWriter(
    SamplingRules rules, RequestSamples samples, TaskSettings settings, ApiMetrics metrics, IOptions<ApiOptions> options, TimeProvider clock, ILogger<SampleWriter> logger) : BackgroundService
{
    private const int LargestGroup = 256;

    /// <summary>Characters of all texts that wait: so much memory, and no more, whatever callers send.</summary>
    private const long MostCharacters = 8 * 1024 * 1024;

    private readonly Channel<SampleDraft> waiting = Channel.CreateBounded<SampleDraft>(new BoundedChannelOptions(options.Value.MaxWaitingSamples) { SingleReader = true });

    private volatile FrozenDictionary<Guid, double> shares = FrozenDictionary<Guid, double>.Empty;
    private long waitingCharacters;

    /// <summary>Takes an answered request into account; quick, and it never fails.</summary>
    public void Offer(TaskCall call, RequestOutcome outcome)
    {
        if (!shares.TryGetValue(call.Task.Id, out var share) || (share < 1 && Random.Shared.NextDouble() >= share))
            return;
        var at = clock.GetUtcNow();
        foreach (var (index, (input, answer)) in call.Inputs.Zip(outcome.Answers).Index())
            Offer(new SampleDraft(
                call.Task.Id, call.RequestId, index, at, outcome.By!.ModelVersion, answer.Score,
                TaskSettings.Abstains(settings.AbstainBelow(call.Task.Id), answer), new SampleText(input.Text, input.Text2, answer.Output)));
    }

    /// <summary>What is in the database is known before the first request is answered.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await ReadRulesAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Writes what still waits, then ends.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        waiting.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken) => await Task.WhenAll(FollowRulesAsync(stoppingToken), WriteAllAsync());

    private void Offer(SampleDraft draft)
    {
        var length = Length(draft);
        if (Interlocked.Add(ref waitingCharacters, length) <= MostCharacters && waiting.Writer.TryWrite(draft))
            return;
        Interlocked.Add(ref waitingCharacters, -length);
        metrics.Sampled(1, isStored: false);
    }

    private async Task FollowRulesAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var timer = new PeriodicTimer(options.Value.DeploymentPoll, clock);
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await ReadRulesAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; what waits is still written.
        }
    }

    private async Task ReadRulesAsync(CancellationToken cancellationToken)
    {
        try
        {
            shares = (await rules.ListOnAsync(cancellationToken)).ToFrozenDictionary(rule => rule.TaskId, rule => rule.Share);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Nobody can be asked whether this may be kept: nothing is, until somebody can.
            shares = FrozenDictionary<Guid, double>.Empty;
            LogRulesNotRead(exception);
        }
    }

    private async Task WriteAllAsync()
    {
        List<SampleDraft> group = [];
        while (await waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            group.Clear();
            while (group.Count < LargestGroup && waiting.Reader.TryRead(out var draft))
                group.Add(draft);
            await WriteAsync(group);
            Interlocked.Add(ref waitingCharacters, -group.Sum(Length));
        }
    }

    private async Task WriteAsync(List<SampleDraft> group)
    {
        var stored = 0;
        try
        {
            stored = await samples.AddAsync(group, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // A sample is not worth a second try: the database has more important things to write.
            LogDropped(exception, group.Count);
        }

        metrics.Sampled(stored, isStored: true);
        metrics.Sampled(group.Count - stored, isStored: false);
    }

    private static long Length(SampleDraft draft) => draft.Content.Text.Length + (draft.Content.Text2?.Length ?? 0) + draft.Content.Output.Length;
}
