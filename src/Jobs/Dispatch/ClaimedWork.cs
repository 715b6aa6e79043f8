using Microsoft.Extensions.Options;
using Platform.Domain.Claims;
using Platform.Jobs.Claims;
using Platform.Jobs.Hosting;

namespace Platform.Jobs.Dispatch;

/// <summary>The frame of every job: claim the row, do the work while the claim holds, let go.</summary>
public sealed partial class ClaimedWork(
    ClaimTaking claims, WorkInHand inHand, IHostApplicationLifetime lifetime, IOptions<JobsOptions> options, ILogger<ClaimedWork> logger)
{
    /// <param name="work">Gets a token that fires when the host stops or the claim is lost.</param>
    public async Task RunAsync<T>(Guid id, Func<HeldClaim<T>, CancellationToken, Task> work, CancellationToken cancellationToken)
        where T : class, IClaimable<T>
    {
        var pause = TimeSpan.Zero;
        try
        {
            await using var held = await claims.TryHoldAsync<T>(id, cancellationToken);
            if (held is null)
                return;
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, held.Lost, lifetime.ApplicationStopping);
            await work(held, stop.Token);
        }
        catch (OperationCanceledException)
        {
            LogStopped(typeof(T).Name, id);
        }
        catch (Exception exception)
        {
            // The row still says that there is work; it is tried again, and the dispatcher must live.
            LogBrokeOff(exception, typeof(T).Name, id, options.Value.RetrySeconds);
            pause = TimeSpan.FromSeconds(options.Value.RetrySeconds);
        }
        finally
        {
            inHand.End(id, pause);
        }
    }
}
