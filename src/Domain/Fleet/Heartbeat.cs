using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Platform.Domain.Claims;

namespace Platform.Domain.Fleet;

/// <summary>Says every few seconds that this process lives, and how it is.</summary>
public sealed partial class Heartbeat(HostKind kind, HostProcesses processes, IHostReporter reporter, TimeProvider clock, ILogger<Heartbeat> logger) : BackgroundService
{
    private static readonly TimeSpan LastWord = TimeSpan.FromSeconds(2);

    private readonly HostProcess process = new()
    {
        Name = ClaimOwner.ThisProcessAs(kind.ToString().ToLowerInvariant()),
        Kind = kind,
        Machine = Environment.MachineName,
        ProcessId = Environment.ProcessId,
        Build = Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        Hardware = Hardware.Describe(),
        MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        StartedAt = clock.GetUtcNow(),
    };

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LastWord);
        try
        {
            await processes.EndAsync(process.Name, patience.Token);
        }
        catch (Exception exception)
        {
            // It will be missed instead.
            LogNotWritten(exception);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(HostProcesses.BeatEvery, clock);
        do
        {
            try
            {
                await processes.BeatAsync(process, reporter.Report(), stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The host must outlive its database; until it is back, the portal shows the process as silent.
                LogNotWritten(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(EventId = 1900, Level = LogLevel.Debug, Message = "The heartbeat could not be written; the next one follows")]
    private partial void LogNotWritten(Exception exception);
}

public static class HeartbeatSetup
{
    /// <typeparam name="TReporter">Says how the host is.</typeparam>
    public static IServiceCollection AddHeartbeat<TReporter>(this IServiceCollection services, HostKind kind)
        where TReporter : class, IHostReporter => services
        .AddSingleton<IHostReporter, TReporter>()
        .AddHostedService(provider => new Heartbeat(
            kind, provider.GetRequiredService<HostProcesses>(), provider.GetRequiredService<IHostReporter>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Heartbeat>>()));
}
