using System.Globalization;
using System.Numerics;

namespace Platform.Engine.Generation.Constraints;

/// <summary>
/// Ranges of numbers as expressions over their decimal digits. Numbers are written without an exponent, without leading zeros, and never
/// as -0; those without a limit have at most 15 digits before the point, and 9 behind it, which every reader keeps.
/// </summary>
internal sealed class JsonNumbers(ExpressionPool pool)
{
    /// <summary>Digits behind the point, where no limit has more.</summary>
    public const int FractionDigits = 9;

    private const int WholeDigits = 15;
    private const int MaximumWholeDigits = 18;

    /// <summary>Any number, also with an exponent of up to two digits.</summary>
    public Expression? Any()
    {
        var digit = Digits('0', '9');
        var whole = pool.Any(Digits('0', '0'), pool.Sequence(Digits('1', '9'), pool.Repeat(digit, 0, WholeDigits - 1)));
        var fraction = pool.Sequence(pool.Literal("."u8), pool.Repeat(digit, 1, FractionDigits));
        var exponent = pool.Sequence(pool.OneOf("eE"u8), pool.Optional(pool.OneOf("+-"u8)), pool.Repeat(digit, 1, 2));
        return pool.Sequence(pool.Optional(pool.Literal("-"u8)), whole, pool.Optional(fraction), pool.Optional(exponent));
    }

    /// <summary>The numbers from one limit to another.</summary>
    /// <param name="least">Null for none.</param>
    /// <param name="most">Null for none.</param>
    /// <param name="fractionDigits">Most digits behind the point; 0 for integers.</param>
    /// <returns>Null when there is none.</returns>
    public Expression? Between(NumberLimit? least, NumberLimit? most, int fractionDigits)
    {
        fractionDigits = fractionDigits == 0 ? 0 : Math.Max(fractionDigits, Math.Max(least?.Fraction.Length ?? 0, most?.Fraction.Length ?? 0));
        var zero = new NumberLimit(false, "0", "", Exclusive: false);

        // From zero up, and from zero down with the sides exchanged.
        var up = least is { Negative: false } ? least : zero;
        Expression? positive = most is { Negative: true } ? null : Magnitude(up, most, fractionDigits);
        var down = most is { Negative: true } ? most with { Negative = false } : zero with { Exclusive = true };
        Expression? negative = least is { Negative: false } ? null : Magnitude(down, least is null ? null : least with { Negative = false }, fractionDigits);
        return pool.Any(positive, pool.Sequence(pool.Literal("-"u8), negative));
    }

    private Expression? Magnitude(NumberLimit least, NumberLimit? most, int fractionDigits)
    {
        // Beyond the usual digits only where a limit goes there.
        var highest = most?.Whole ?? new string('9', least.Whole.Length > WholeDigits ? MaximumWholeDigits : WholeDigits);
        var (low, high) = (BigInteger.Parse(least.Whole, CultureInfo.InvariantCulture), BigInteger.Parse(highest, CultureInfo.InvariantCulture));
        if (low > high)
            return null;
        if (low == high)
            return pool.Sequence(Whole(low, low), Fraction(least, most, fractionDigits));
        return pool.Any(
            pool.Sequence(Whole(low, low), Fraction(least, null, fractionDigits)),
            pool.Sequence(Whole(low + 1, high - 1), Fraction(null, null, fractionDigits)),
            pool.Sequence(Whole(high, high), Fraction(null, most, fractionDigits)));
    }

    /// <summary>Whole numbers without leading zeros.</summary>
    private Expression? Whole(BigInteger low, BigInteger high)
    {
        var items = new List<Expression?>();
        for (var start = low; start <= high;)
        {
            var text = start.ToString(CultureInfo.InvariantCulture);
            var end = BigInteger.Min(high, BigInteger.Pow(10, text.Length) - 1);
            items.Add(SameLength(text, end.ToString(CultureInfo.InvariantCulture)));
            start = end + 1;
        }

        return pool.Any([.. items]);
    }

    /// <summary>Strings of digits from one to another of the same length; null for a side that no longer matters.</summary>
    private Expression? SameLength(string? low, string? high)
    {
        var length = (low ?? high)?.Length ?? 0;
        if (length == 0)
            return pool.Empty;
        return Digit(low, high, (nextLow, nextHigh) => nextLow is null && nextHigh is null
            ? pool.Repeat(Digits('0', '9'), length - 1, length - 1)
            : SameLength(nextLow, nextHigh));
    }

    /// <summary>What follows the whole part.</summary>
    private Expression? Fraction(NumberLimit? least, NumberLimit? most, int digits)
    {
        var (low, high) = (least is null ? null : new Side(least.Fraction, least.Exclusive), most is null ? null : new Side(most.Fraction, most.Exclusive));
        var some = digits == 0 ? null : Behind(low, high, digits, mayEnd: false);
        return pool.Any(pool.Sequence(pool.Literal("."u8), some), MayEnd(low, high) ? pool.Empty : null);
    }

    private Expression? Behind(Side? low, Side? high, int digits, bool mayEnd)
    {
        if (low is null && high is null)
            return pool.Repeat(Digits('0', '9'), mayEnd ? 0 : 1, digits);
        var end = mayEnd && MayEnd(low, high) ? pool.Empty : null;
        if (digits == 0)
            return end;
        var more = Digit(low?.Padded, high?.Padded, (nextLow, nextHigh) =>
            Behind(nextLow is null ? null : low! with { Digits = nextLow }, nextHigh is null ? null : high! with { Digits = nextHigh }, digits - 1, mayEnd: true));
        return pool.Any(more, end);
    }

    // Whether the digits so far, with only zeros behind them, are within the limits.
    private static bool MayEnd(Side? low, Side? high) =>
        (low is null || (low.IsZero && !low.Exclusive)) && (high is null || !high.IsZero || !high.Exclusive);

    /// <summary>One digit between the first digits of two limits, and what may follow it.</summary>
    private Expression? Digit(string? low, string? high, Func<string?, string?, Expression?> follow)
    {
        var next = new Expression?[256];
        Expression? free = null;
        var (from, to) = (low?[0] ?? '0', high?[0] ?? '9');
        for (var digit = from; digit <= to; digit++)
        {
            var (nextLow, nextHigh) = (low is not null && digit == from ? low[1..] : null, high is not null && digit == to ? high[1..] : null);
            next[digit] = nextLow is null && nextHigh is null ? free ??= follow(null, null) : follow(nextLow, nextHigh);
        }

        return pool.Choice(next);
    }

    private Expression? Digits(char first, char last)
    {
        var next = new Expression?[256];
        for (var digit = first; digit <= last; digit++)
            next[digit] = pool.Empty;
        return pool.Choice(next);
    }

    private sealed record Side(string Digits, bool Exclusive)
    {
        public bool IsZero => Digits.AsSpan().TrimEnd('0').Length == 0;

        public string Padded => Digits.Length == 0 ? "0" : Digits;
    }
}
