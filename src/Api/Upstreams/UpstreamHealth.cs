using Platform.Api.Health;

namespace Platform.Api.Upstreams;

/// <summary>Says in /readyz that an engine outside is away, and asks it again and again until it is back.</summary>
/// <param name="name">Of the engine.</param>
internal sealed class UpstreamHealth(string name, IUpstreamEngine engine, ServiceProblems problems, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource end = new();
    private int isAway;

    public void IsBack()
    {
        if (Interlocked.Exchange(ref isAway, 0) == 1)
            problems.Clear(What);
    }

    /// <param name="reason">A sentence.</param>
    public void Fails(string reason)
    {
        problems.Report(What, $"{reason} Deployments that it serves answer 503 until it is back.");
        if (Interlocked.Exchange(ref isAway, 1) == 0)
            _ = ProbeAsync();
    }

    public void Dispose()
    {
        end.Cancel();
        problems.Clear(What);
    }

    private string What => $"engine {name}";

    private async Task ProbeAsync()
    {
        try
        {
            while (Volatile.Read(ref isAway) == 1)
            {
                await Task.Delay(ProbeEvery, clock, end.Token);
                try
                {
                    await engine.ProbeAsync(end.Token);
                    IsBack();
                }
                catch (UpstreamException)
                {
                    // Still away; what is known is said already.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The deployment is gone.
        }
    }
}
