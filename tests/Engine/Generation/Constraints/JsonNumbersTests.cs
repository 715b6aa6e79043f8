using System.Globalization;
using CsCheck;
using Platform.Engine.Generation.Constraints;

namespace Platform.Engine.Tests.Generation.Constraints;

public sealed class JsonNumbersTests
{
    private static readonly TokenVocabulary Vocabulary = TinyVocabulary.Of("12", "0.", "-1");

    // Every number of up to two digits before the point and two behind it, in every spelling that can be generated.
    private static readonly string[] Spellings =
    [
        .. from sign in (string[])["", "-"]
           from whole in Enumerable.Range(0, 100)
           from fraction in Enumerable.Range(0, 10).Select(d => $".{d}").Concat(Enumerable.Range(0, 100).Select(d => $".{d:D2}")).Prepend("")
           select $"{sign}{whole}{fraction}",
    ];

    private static readonly Gen<decimal?> Limit = Gen.Frequency(
        (1, Gen.Const((decimal?)null)), (4, Gen.Int[-1200, 1200].Select(n => (decimal?)n / 100)), (2, Gen.Int[-12, 12].Select(n => (decimal?)n)), (1, Gen.Const((decimal?)0)));

    [Fact]
    public void Accepts_NumberLimits_IsWhatLiesBetween() => Gen.Select(Limit, Limit, Gen.Bool, Gen.Bool).Sample(
        (least, most, lowerExclusive, upperExclusive) =>
        {
            var schema = Schema("number", least, most, lowerExclusive, upperExclusive);
            if (least is null && most is null || !Spellings.Any(text => text[0] != '-' ? IsInside(text) : IsInside(text) && decimal.Parse(text, CultureInfo.InvariantCulture) != 0))
                return;
            var constraint = Constraint.FromJsonSchema(schema, Vocabulary);

            Assert.All(Spellings, text => Assert.Equal(
                IsInside(text) && !(text[0] == '-' && decimal.Parse(text, CultureInfo.InvariantCulture) == 0), constraint.Accepts(text)));

            bool IsInside(string text) => Between(decimal.Parse(text, CultureInfo.InvariantCulture), least, most, lowerExclusive, upperExclusive);
        },
        iter: 60);

    [Fact]
    public void Accepts_IntegerLimits_IsWhatLiesBetween() => Gen.Select(Limit, Limit, Gen.Bool, Gen.Bool).Sample(
        (least, most, lowerExclusive, upperExclusive) =>
        {
            int[] inside = [.. Enumerable.Range(-1500, 3001).Where(n => Between(n, least, most, lowerExclusive, upperExclusive))];
            var schema = Schema("integer", least, most, lowerExclusive, upperExclusive);
            if (inside.Length == 0)
            {
                Assert.Throws<InvalidConstraintException>(() => Constraint.FromJsonSchema(schema, Vocabulary));
                return;
            }

            var constraint = Constraint.FromJsonSchema(schema, Vocabulary);
            Assert.All(Enumerable.Range(-1500, 3001), n => Assert.Equal(inside.Contains(n), constraint.Accepts($"{n}")));
            Assert.All(["-0", "01", "1.0", "1e1", "+1", ""], text => Assert.False(constraint.Accepts(text)));
        },
        iter: 60);

    [Theory]
    [InlineData("""{"type":"integer","minimum":1000000000000000}""", "1000000000000000 999999999999999999", "999999999999999 1000000000000000000")]
    [InlineData("""{"type":"integer"}""", "0 -7 999999999999999", "1000000000000000 -0 00")]
    [InlineData("""{"type":"number"}""", "0 -7.5 1e10 2.5E-3 0.000000001", "1. .5 1e100 01 0.0000000001")]
    [InlineData("""{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}""", "0.5 0.999999999 0.000000001", "0 1 0.0 1.0 0.000000000")]
    [InlineData("""{"type":"number","minimum":-0.25,"maximum":-0.125}""", "-0.25 -0.2 -0.125", "-0.26 -0.1249 0 -0.1")]
    [InlineData("""{"type":"number","minimum":1,"exclusiveMinimum":1,"maximum":3,"exclusiveMaximum":2}""", "1.5 1.000000001", "1 2 3 1.0")]
    public void Accepts_Limits_IsWhatLiesBetween(string schema, string valid, string invalid)
    {
        var constraint = Constraint.FromJsonSchema(schema, Vocabulary);

        Assert.All(valid.Split(' '), text => Assert.True(constraint.Accepts(text), text));
        Assert.All(invalid.Split(' '), text => Assert.False(constraint.Accepts(text), text));
    }

    private static bool Between(decimal value, decimal? least, decimal? most, bool lowerExclusive, bool upperExclusive) =>
        (least is null || value > least || (value == least && !lowerExclusive)) && (most is null || value < most || (value == most && !upperExclusive));

    private static string Schema(string type, decimal? least, decimal? most, bool lowerExclusive, bool upperExclusive)
    {
        var low = least is { } l ? FormattableString.Invariant($",\"{(lowerExclusive ? "exclusiveMinimum" : "minimum")}\":{l}") : "";
        var high = most is { } m ? FormattableString.Invariant($",\"{(upperExclusive ? "exclusiveMaximum" : "maximum")}\":{m}") : "";
        return $$"""{"type":"{{type}}"{{low}}{{high}}}""";
    }
}
