using Platform.Cli.Serving;
using Platform.Cli.Terminal;

namespace Platform.Cli.Start;

/// <summary>Portal, Api and Jobs together: they start together, and the end of one is the end of all.</summary>
internal sealed class HostProcesses : IAsyncDisposable
{
    /// <summary>The host that trains.</summary>
    public const string Jobs = "Jobs";

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(90);
    /// <summary>Jobs stores a checkpoint first.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(65);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private readonly List<HostProcess> hosts = [];

    public void Start(StartOptions options)
    {
        foreach (var (name, url) in Named(options.Urls))
            hosts.Add(HostProcess.Start(name, url, options));
    }

    public async Task WaitHealthyAsync(PlatformUrls urls, TimeProvider clock, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var waiting = Named(urls).ToList();
        while (waiting.Count > 0)
        {
            ThrowIfDead();
            foreach (var host in waiting.ToList())
                if (await HostHealth.AnswersAsync(host.Url, cancellationToken))
                    waiting.Remove(host);
            if (clock.GetElapsedTime(began) > StartPatience)
                throw new CommandFailure($"{string.Join(", ", waiting.Select(host => host.Name))}: no answer after {StartPatience.TotalSeconds:F0} s. Look at the logs next to {hosts[0].Log}.");
            if (waiting.Count > 0)
                await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    /// <summary>Does the work, or fails as soon as a host ends: nothing is started again in silence.</summary>
    public async Task WhileAliveAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var deaths = hosts.Select(host => host.ExitAsync(stop.Token)).ToList();
        var working = work(stop.Token);
        await Task.WhenAny([working, .. deaths]);
        if (!working.IsCompleted && !cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C reaches the hosts as well as us: give our own signal a moment before this is called a death.
            await Task.WhenAny(working, Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None));
            var died = !cancellationToken.IsCancellationRequested;
            await stop.CancelAsync();
            await working.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            if (died)
                ThrowIfDead();
        }

        await stop.CancelAsync();
        await working;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(hosts.Select(host => host.StopAsync(StopPatience)));
        foreach (var host in hosts)
            host.Dispose();
    }

    private static (string Name, Uri Url)[] Named(PlatformUrls urls) => [("Portal", urls.Portal), ("Api", urls.Api), (Jobs, urls.Jobs)];

    private void ThrowIfDead()
    {
        if (hosts.FirstOrDefault(host => host.HasExited) is { } dead)
            throw dead.Death();
    }
}
