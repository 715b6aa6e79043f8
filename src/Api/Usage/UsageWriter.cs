using System.Data.Common;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Platform.Api.Health;
using Platform.Api.Setup;
using Platform.Domain.Persistence;
using Platform.Domain.Rates;
using Platform.Domain.Results;
using Platform.Domain.Usage;

namespace Platform.Api.Usage;

/// <summary>
/// Group commit: all records that wait are written in one transaction, and their requests are answered after it. So a request that
/// was answered is on disk, and a busy server pays for one flush per group instead of one per request.
/// </summary>
internal sealed partial class UsageWriter : BackgroundService
{
    private const int LargestGroup = 512;

    private const string Trouble = "ledger";

    /// <summary>A group is written in milliseconds; what takes this long waits for something.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Channel<Waiting> channel = Channel.CreateUnbounded<Waiting>(new UnboundedChannelOptions { SingleReader = true });

    private readonly UsageLedger ledger;
    private readonly ServiceProblems problems;
    private readonly IOptions<ApiOptions> options;
    private readonly TimeProvider clock;
    private readonly ILogger<UsageWriter> logger;

    // Timestamp since when a group is being written; 0 when none is.
    private long writingSince;

    public UsageWriter(UsageLedger ledger, ServiceProblems problems, IOptions<ApiOptions> options, TimeProvider clock, ILogger<UsageWriter> logger)
    {
        (this.ledger, this.problems, this.options, this.clock, this.logger) = (ledger, problems, options, clock, logger);
        problems.Watch(() => Volatile.Read(ref writingSince) is > 0 and var since && clock.GetElapsedTime(since) > Long
            ? $"What requests used has been waiting to be written down for {clock.GetElapsedTime(since).TotalSeconds:0} s, and their answers with it: the database is locked, full or out of reach. They leave when it can be written again."
            : null);
    }

    /// <summary>Completes when the record is durable. Takes no token: a client that goes away does not undo the work that was done for it.</summary>
    /// <returns>The cost, at the rate in force when the request ended.</returns>
    public Task<Result<Money>> RecordAsync(UsageDraft draft)
    {
        var waiting = new Waiting(draft);
        if (!channel.Writer.TryWrite(waiting))
            waiting.Done.SetResult(UsageErrors.NotRecorded());
        return waiting.Done.Task;
    }

    /// <summary>Writes what still waits, then ends.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        channel.Writer.TryComplete();
        if (ExecuteTask is { } running)
            await running.WaitAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    // The end of the channel stops the loop, not the token: stopping must not lose a record.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<Waiting> group = [];
        while (await channel.Reader.WaitToReadAsync(CancellationToken.None))
        {
            group.Clear();
            while (group.Count < LargestGroup && channel.Reader.TryRead(out var waiting))
                group.Add(waiting);
            await WriteAsync(group);
        }
    }

    private async Task WriteAsync(List<Waiting> group)
    {
        var started = clock.GetTimestamp();
        Volatile.Write(ref writingSince, started);
        while (true)
        {
            try
            {
                var costs = await ledger.BillAsync(group.ConvertAll(waiting => waiting.Draft), CancellationToken.None);
                End(null);
                foreach (var (waiting, cost) in group.Zip(costs))
                    waiting.Done.SetResult(cost);
                return;
            }
            catch (DbException exception) when (exception.IsPassing() && clock.GetElapsedTime(started) < options.Value.LedgerPatience)
            {
                // The work is done and its caller waits anyway. What was written after all is not written twice.
                LogTriedAgain(exception, group.Count);
                await Task.Delay(Pause, clock, CancellationToken.None);
            }
            catch (Exception exception)
            {
                LogNotRecorded(exception, group.Count);
                End(exception);
                foreach (var waiting in group)
                    waiting.Done.TrySetResult(UsageErrors.NotRecorded());
                return;
            }
        }
    }

    private void End(Exception? failure)
    {
        Volatile.Write(ref writingSince, 0);
        if (failure is null)
            problems.Clear(Trouble);
        else
            problems.Report(Trouble, $"What requests used could not be written down, so none was answered: {failure.GetBaseException().Message} Free the database; the next request tries it again.", stops: true);
    }

    private sealed record Waiting(UsageDraft Draft)
    {
        public TaskCompletionSource<Result<Money>> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
