using Platform.Domain.Rates;

namespace Platform.Api.Serving;

internal static class DeviceTime
{
    /// <summary>Splits a step's microseconds by weight so that the parts add up to exactly <paramref name="total"/>.</summary>
    public static long[] Share(long total, IReadOnlyList<long> weights)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(total);
        return LargestRemainder.Share(total, weights);
    }
}
