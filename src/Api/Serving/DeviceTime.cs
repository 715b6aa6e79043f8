namespace Platform.Api.Serving;

internal static class DeviceTime
{
    /// <summary>
    /// Splits a step's microseconds by weight so that the parts add up to exactly <paramref name="total"/> (largest remainder;
    /// of equal remainders the earlier one gets the microsecond). Without any weight the parts are as equal as they can be.
    /// </summary>
    public static long[] Share(long total, IReadOnlyList<long> weights)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(total);
        if (weights.Count == 0)
            throw new ArgumentException("There is nobody to share the time.", nameof(weights));
        if (weights.Any(weight => weight < 0))
            throw new ArgumentException("A weight is negative.", nameof(weights));

        var sum = weights.Sum();
        if (sum == 0)
            return Share(total, [.. weights.Select(_ => 1L)]);

        var shares = new long[weights.Count];
        var remainders = new Int128[weights.Count];
        for (var i = 0; i < shares.Length; i++)
        {
            var product = (Int128)total * weights[i];
            shares[i] = (long)(product / sum);
            remainders[i] = product % sum;
        }

        var left = total - shares.Sum();
        foreach (var index in Enumerable.Range(0, shares.Length).OrderByDescending(index => remainders[index]).ThenBy(index => index).Take((int)left))
            shares[index]++;
        return shares;
    }
}
