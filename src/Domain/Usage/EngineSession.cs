namespace Platform.Domain.Usage;

/// <summary>One Api process serving one deployment: how long it was up, how long it was busy, how much memory it held.</summary>
public sealed class EngineSession
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid DeploymentId { get; init; }

    public required string Host { get; init; }

    /// <summary>
    /// The process, as <see cref="Claims.ClaimOwner"/> names it. One that serves several deployments at once is one device: its time
    /// is paid for once. Null on sessions from before this was noted.
    /// </summary>
    public string? Server { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>As far from <see cref="StartedAt"/> as the session was long, also when the machine's clock was set in between.</summary>
    public required DateTimeOffset LastSeenAt { get; set; }

    /// <summary>
    /// Device time of the requests on record. It grows in the transaction that writes their records, so the two are equal at every
    /// moment, also after a crash.
    /// </summary>
    public long BusyMicroseconds { get; set; }

    /// <summary>
    /// Device time as the engine measured it, at the last beat. More than <see cref="BusyMicroseconds"/> by what requests on their way
    /// have used; when a process dies, that difference was work for nobody, and is idle time.
    /// </summary>
    public long MeasuredMicroseconds { get; set; }

    public long ResidentBytes { get; set; }
}
