using System.Globalization;

namespace Platform.Domain.Rates;

/// <summary>An amount in 1e-9 of the currency's unit: sums are exact.</summary>
public readonly record struct Money(long Nano, string Currency)
{
    public const long NanoPerUnit = 1_000_000_000;

    public const long MicrosecondsPerHour = 3_600_000_000;

    public decimal Amount => Nano / (decimal)NanoPerUnit;

    public static Money FromAmount(decimal amount, string currency) => new((long)Math.Round(amount * NanoPerUnit), currency);

    /// <summary>
    /// The cost of device time: exact integer arithmetic, rounded once to the nearest nano unit (half up). Rounding each request
    /// on its own moves a sum by at most half a nano unit per request.
    /// </summary>
    public static Money OfDeviceTime(long deviceMicroseconds, Rate rate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(deviceMicroseconds);
        var product = (Int128)deviceMicroseconds * rate.PricePerHourNano;
        return new((long)((product + MicrosecondsPerHour / 2) / MicrosecondsPerHour), rate.Currency);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Amount:0.#########} {Currency}");
}
