namespace Platform.Domain.Rates;

/// <summary>What an hour of the serving device costs, from a moment on.</summary>
public sealed class Rate
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>In 1e-9 of the currency's unit.</summary>
    public required long PricePerHourNano { get; init; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedByName { get; init; }
}
