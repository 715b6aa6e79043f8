using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Platform.Api.Setup;
using Platform.Domain.Keys;

namespace Platform.Api.Keys;

/// <summary>Writes down when keys were last used: beside the requests, because none of them has to wait for that.</summary>
internal sealed partial class KeyUse(ApiKeys keys, IOptions<ApiOptions> options, TimeProvider clock, ILogger<KeyUse> logger) : BackgroundService
{
    private readonly ConcurrentDictionary<(Guid Key, bool ByOldSecret), DateTimeOffset> used = [];

    public void Note(VerifiedKey key) => used[(key.KeyId, key.ByOldSecret)] = clock.GetUtcNow();

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.DeploymentPoll, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await WriteAsync(stoppingToken);
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        foreach (var (use, at) in used)
        {
            try
            {
                await keys.NoteUseAsync(use.Key, at, use.ByOldSecret, cancellationToken);
                used.TryRemove(KeyValuePair.Create(use, at));
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // The next look tries again; a later use of the key says more anyway.
                LogNotWritten(exception);
                return;
            }
        }
    }

    [LoggerMessage(EventId = 1770, Level = LogLevel.Warning, Message = "When keys were last used could not be written; it is tried again")]
    private partial void LogNotWritten(Exception exception);
}
