namespace Platform.Domain.Rates;

/// <summary>What an hour of the serving device costs, from a moment on. Never changed after it was written: a correction is a further entry with the same start.</summary>
public sealed class Rate
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>0, and one more with every correction; the highest is in force.</summary>
    public int Revision { get; init; }

    /// <summary>In 1e-9 of the currency's unit.</summary>
    public required long PricePerHourNano { get; init; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>Why the entry corrects the one before it; null for one that does not.</summary>
    public string? Reason { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedByName { get; init; }
}
