namespace Platform.Domain.Rates;

public static class LargestRemainder
{
    /// <summary>
    /// Splits a total by weight so that the parts add up to exactly <paramref name="total"/>: what is left after rounding towards zero
    /// goes one by one to the largest remainders, of equal ones to the earlier. Without any weight the parts are as equal as they can be.
    /// </summary>
    /// <param name="total">May be less than 0; then the parts are, too.</param>
    public static long[] Share(long total, IReadOnlyList<long> weights)
    {
        if (weights.Count == 0)
            throw new ArgumentException("There is nobody to share it.", nameof(weights));
        if (weights.Any(weight => weight < 0))
            throw new ArgumentException("A weight is negative.", nameof(weights));

        var sum = weights.Aggregate(Int128.Zero, (all, weight) => all + weight);
        if (sum == 0)
            return Share(total, [.. weights.Select(_ => 1L)]);

        var (sign, size) = (Math.Sign(total), Int128.Abs(total));
        var shares = new long[weights.Count];
        var remainders = new Int128[weights.Count];
        for (var i = 0; i < shares.Length; i++)
        {
            var product = size * weights[i];
            shares[i] = sign * (long)(product / sum);
            remainders[i] = product % sum;
        }

        var left = (int)Math.Abs(total - shares.Sum());
        foreach (var index in Enumerable.Range(0, shares.Length).OrderByDescending(index => remainders[index]).ThenBy(index => index).Take(left))
            shares[index] += sign;
        return shares;
    }
}
