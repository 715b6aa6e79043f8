using System.Globalization;
using System.Text.Json;

namespace Platform.Engine.Generation.Constraints;

/// <summary>A limit of numbers, exactly as decimal digits.</summary>
/// <param name="Negative">Below zero.</param>
/// <param name="Whole">Digits before the point, at least one, no leading zeros.</param>
/// <param name="Fraction">Digits behind the point, no trailing zeros.</param>
/// <param name="Exclusive">The limit itself is not allowed.</param>
internal sealed record NumberLimit(bool Negative, string Whole, string Fraction, bool Exclusive)
{
    private const int MaximumWholeDigits = 18;
    private const int MaximumFractionDigits = 15;

    private decimal Value => decimal.Parse($"{(Negative ? "-" : "")}{Whole}.{Fraction}0", NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>Reads a number of a schema.</summary>
    public static NumberLimit Read(JsonElement field, string path, bool exclusive)
    {
        if (field.ValueKind != JsonValueKind.Number || !field.TryGetDecimal(out var value))
            throw new InvalidConstraintException(path, $"it must be a number of up to {MaximumWholeDigits} digits.");
        var parts = Math.Abs(value).ToString(CultureInfo.InvariantCulture).Split('.');
        var fraction = parts.Length > 1 ? parts[1].TrimEnd('0') : "";
        if (parts[0].Length > MaximumWholeDigits || fraction.Length > MaximumFractionDigits || value != 0 && field.GetDouble() == 0)
            throw new InvalidConstraintException(path, $"it must have at most {MaximumWholeDigits} digits before the point and {MaximumFractionDigits} behind it.");
        return new NumberLimit(value < 0, parts[0], fraction, exclusive);
    }

    /// <summary>The stricter of two lower limits, or of two upper ones.</summary>
    public static NumberLimit? Stricter(NumberLimit? first, NumberLimit? second, bool lower)
    {
        if (first is null || second is null)
            return first ?? second;
        if (first.Value == second.Value)
            return first.Exclusive ? first : second;
        return first.Value > second.Value == lower ? first : second;
    }
}
