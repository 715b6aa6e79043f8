namespace Platform.Domain.Fleet;

public enum HostKind
{
    Jobs,
    Api,
    Portal,
}

/// <summary>A process of the platform, as it described itself last. It writes its own row; when it dies, the row grows old.</summary>
public sealed class HostProcess
{
    /// <summary>As <see cref="Claims.ClaimOwner.ThisProcessAs"/> makes it: claims of the process begin with it.</summary>
    public required string Name { get; init; }

    public required HostKind Kind { get; init; }

    public required string Machine { get; init; }

    public required int ProcessId { get; init; }

    /// <summary>The build's version.</summary>
    public required string Build { get; init; }

    /// <summary>What it runs on: processor, cores and accelerators of its machine.</summary>
    public required string Hardware { get; init; }

    /// <summary>Memory that it may use: the machine's, or its container's.</summary>
    public required long MemoryBytes { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset SeenAt { get; set; }

    /// <summary>When it ended in an orderly way; null while it runs, and for one that was killed.</summary>
    public DateTimeOffset? StoppedAt { get; set; }

    /// <summary>What it computes on; null while it computed nothing yet, or never does.</summary>
    public string? Device { get; set; }

    public long ResidentBytes { get; set; }

    /// <summary>What waits for it; null where nothing can.</summary>
    public long? Waiting { get; set; }

    /// <summary>What it does, in words.</summary>
    public string? Doing { get; set; }

    /// <summary>The queues that it works on; empty for hosts without.</summary>
    public IReadOnlyList<string> Queues { get; set; } = [];

    /// <summary>What it finds wrong, in sentences.</summary>
    public IReadOnlyList<string> Problems { get; set; } = [];
}

/// <summary>What a host says of itself at this moment.</summary>
/// <inheritdoc cref="HostProcess"/>
public sealed record HostReport(string? Device, long? Waiting, string? Doing, IReadOnlyList<string> Problems)
{
    public static HostReport Nothing { get; } = new(null, null, null, []);

    /// <inheritdoc cref="HostProcess.Queues"/>
    public IReadOnlyList<string> Queues { get; init; } = [];
}

/// <summary>Each host knows how it is.</summary>
public interface IHostReporter
{
    /// <summary>Called every few seconds; it must not take long.</summary>
    HostReport Report();
}
