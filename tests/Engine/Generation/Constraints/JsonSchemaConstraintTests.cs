using System.Text.Json;
using CsCheck;
using Platform.Engine.Generation.Constraints;

namespace Platform.Engine.Tests.Generation.Constraints;

public sealed class JsonSchemaConstraintTests
{
    private const string Damage = "{}[]\",:0123456789.eE-ntf \\ax";

    private static readonly TokenVocabulary Vocabulary = TinyVocabulary.Of(
        "\":", "\",\"", "{\"", "\"}", "}]", "[{", "true", "false", "null", "\\u00", "\\\"", " the", "12", "0.5", "東京", "🙂", "a\":", "\\n", "]]]]", "e1");

    [Fact]
    public void Walk_RandomSchemas_GivesValidJson() => Gen.Int.Sample(
        seed =>
        {
            var random = new Random(seed);
            var schema = new RandomSchemas(random).Schema().ToJsonString();
            var constraint = Constraint.FromJsonSchema(schema, Vocabulary);

            for (var i = 0; i < 3; i++)
            {
                var text = TinyVocabulary.Walk(constraint, random);
                Assert.True(constraint.Accepts(text));
                Assert.True(JsonSchemaOracle.IsValid(schema, text), $"{schema}\n{text}");
            }
        },
        iter: 400);

    [Fact]
    public void Accepts_RandomValidValues_TakesThemAll() => Gen.Int.Sample(
        seed =>
        {
            var schemas = new RandomSchemas(new Random(seed));
            var schema = schemas.Schema().ToJsonString();
            using var document = JsonDocument.Parse(schema);
            var constraint = Constraint.FromJsonSchema(schema, Vocabulary);

            for (var i = 0; i < 10; i++)
            {
                var text = schemas.Value(document.RootElement, document.RootElement);
                Assert.True(JsonSchemaOracle.IsValid(schema, text), $"{schema}\n{text}");
                Assert.True(constraint.Accepts(text), $"{schema}\n{text}");
            }
        },
        iter: 400);

    [Fact]
    public void Accepts_DamagedValues_TakesOnlyValidOnes() => Gen.Int.Sample(
        seed =>
        {
            var random = new Random(seed);
            var schemas = new RandomSchemas(random);
            var schema = schemas.Schema().ToJsonString();
            using var document = JsonDocument.Parse(schema);
            var constraint = Constraint.FromJsonSchema(schema, Vocabulary);

            for (var i = 0; i < 50; i++)
            {
                var text = schemas.Value(document.RootElement, document.RootElement).ToCharArray();
                text[random.Next(text.Length)] = Damage[random.Next(Damage.Length)];
                if (!text.Any(char.IsSurrogate) && constraint.Accepts(new string(text)))
                    Assert.True(JsonSchemaOracle.IsValid(schema, new string(text)), $"{schema}\n{new string(text)}");
            }
        },
        iter: 200);

    [Theory]
    [InlineData(JsonLayout.Compact, """{"a":1,"b":[2,3]}""")]
    [InlineData(JsonLayout.Spaced, """{"a": 1, "b": [2, 3]}""")]
    [InlineData(JsonLayout.Either, """{"a":1, "b": [2,3]}""")]
    public void Accepts_Layout_HasBlanksWhereItSays(JsonLayout layout, string expected)
    {
        const string Schema = """{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"array","items":{"type":"integer"}}}}""";
        string[] all = ["""{"a":1,"b":[2,3]}""", """{"a": 1, "b": [2, 3]}""", """{"a":1, "b": [2,3]}""", """{ "a":1,"b":[2,3]}""", """{"a":  1}"""];
        var constraint = Constraint.FromJsonSchema(Schema, Vocabulary, new ConstraintOptions { Layout = layout });

        Assert.True(constraint.Accepts(expected));
        Assert.Equal(layout == JsonLayout.Either ? 3 : 1, all.Count(constraint.Accepts));
    }

    [Fact]
    public void JsonObject_Walks_GiveObjectsThatReadersTake()
    {
        var constraint = Constraint.JsonObject(Vocabulary, new ConstraintOptions { Layout = JsonLayout.Either });
        var random = new Random(3);
        for (var i = 0; i < 50; i++)
        {
            using var document = JsonDocument.Parse(TinyVocabulary.Walk(constraint, random, freeTokens: 60));
            Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        }

        Assert.True(constraint.Accepts($"{{\"a\":{new string('[', 31)}{new string(']', 31)}}}"));
        Assert.False(constraint.Accepts($"{{\"a\":{new string('[', 32)}{new string(']', 32)}}}"));
        Assert.False(constraint.Accepts("[]"));
        Assert.True(constraint.Accepts("""{"a":"\ud83d\ude42 \u00e9","b":null}"""));
        Assert.False(constraint.Accepts("""{"a":"\ud83d"}"""));
    }

    [Fact]
    public void FromJsonSchema_LongLimits_CostNothing()
    {
        var constraint = Constraint.FromJsonSchema(
            """{"type":"array","minItems":2,"maxItems":1000000,"items":{"type":"string","minLength":1000,"maxLength":1000000}}""", Vocabulary);
        var one = $"\"{new string('x', 1000)}\"";

        Assert.True(constraint.Accepts($"[{one},{one}]"));
        Assert.False(constraint.Accepts($"[{one}]"));
        Assert.False(constraint.Accepts($"[{one},\"x\"]"));
        Assert.Equal(2 * 1002 + 3, constraint.Start().LeastBytes);
        Assert.Equal(2, JsonDocument.Parse(TinyVocabulary.Walk(constraint, new Random(1))).RootElement.GetArrayLength());
    }

    // More states and expressions than are kept, so all is forgotten several times on the way.
    [Fact]
    public void Accepts_LongTexts_CountsOnAfterForgetting()
    {
        var constraint = Constraint.FromJsonSchema("""{"type":"array","items":{"type":"string","minLength":150000,"maxLength":150001}}""", Vocabulary);

        Assert.True(constraint.Accepts($"[\"{new string('x', 150_000)}\"]"));
        Assert.True(constraint.Accepts($"[\"{new string('é', 150_001)}\"]"));
        Assert.False(constraint.Accepts($"[\"{new string('x', 149_999)}\"]"));
        Assert.False(constraint.Accepts($"[\"{new string('x', 150_002)}\"]"));
        Assert.Equal(JsonValueKind.Array, JsonDocument.Parse(TinyVocabulary.Walk(constraint, new Random(2), freeTokens: 0)).RootElement.ValueKind);
    }

    [Fact]
    public void FromJsonSchema_ManyPatternsThatTakeLongTogether_IsRefused() => Assert.Throws<InvalidConstraintException>(() => Constraint.FromJsonSchema(
        $"{{\"type\":\"object\",\"properties\":{{{string.Join(',', Enumerable.Range(0, 500).Select(i => $"\"p{i}\":{{\"type\":\"string\",\"pattern\":\"(a|b)*a(a|b){{8}}{i}\"}}"))}}}}}", Vocabulary));

    [Fact]
    public void Allowed_NearALimit_CountsCharactersExactly()
    {
        var constraint = Constraint.FromJsonSchema("""{"type":"string","minLength":3,"maxLength":4}""", Vocabulary);

        Assert.All(["\"abc\"", "\"abcd\"", "\"🙂é東\"", "\"\\ud83d\\ude42ab\"", "\"\\n\\u00e9x\""], text => Assert.True(constraint.Accepts(text), text));
        Assert.All(["\"ab\"", "\"abcde\"", "\"🙂é\"", "\"\\ud83d\\ude42a\""], text => Assert.False(constraint.Accepts(text), text));
    }

    [Theory]
    [InlineData("""{"type":"string","format":"email"}""", "#", "'format' is not supported")]
    [InlineData("""{"type":"object","properties":{"a":{"not":{}}}}""", "#/properties/a", "'not' is not supported")]
    [InlineData("""{"type":"array","items":{"type":"integer","multipleOf":2}}""", "#/items", "'multipleOf' is not supported")]
    [InlineData("""{"allOf":[{"type":"string"}]}""", "#", "'allOf' is not supported")]
    [InlineData("""{"type":"strnig"}""", "#/type", "no type 'strnig'")]
    [InlineData("""{"type":"object","properties":{"a":{}},"required":["b"]}""", "#/required", "'b' is not among")]
    [InlineData("""{"$ref":"#/$defs/x"}""", "#/$ref", "there is no '#/$defs/x'")]
    [InlineData("""{"$ref":"#/$defs/x","$defs":{"x":{"type":"array","items":{"$ref":"#/$defs/x"}}}}""", "#/$defs/x/items", "refers to itself")]
    [InlineData("""{"anyOf":[{"type":"string"}],"maxLength":3}""", "#", "'maxLength' beside 'anyOf'")]
    [InlineData("""{"anyOf":[]}""", "#/anyOf", "1 to 256")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "#/oneOf", "both 0 and 1")]
    [InlineData("""{"oneOf":[{"type":"object","properties":{"a":{"const":1}}},{"type":"object","properties":{"a":{"const":2}}}]}""", "#/oneOf", "both 0 and 1")]
    [InlineData("""{"type":"string","pattern":"a(?=b)"}""", "#/pattern, character 2", "lookahead")]
    [InlineData("""{"type":"string","pattern":"a","maxLength":3}""", "#", "put the length into the pattern")]
    [InlineData("""{"type":"string","minLength":4,"maxLength":3}""", "#/minLength", "more than maxLength")]
    [InlineData("""{"type":"integer","minimum":4,"maximum":3}""", "#", "no value is valid")]
    [InlineData("""{"type":"integer","minimum":"4"}""", "#/minimum", "must be a number")]
    [InlineData("""{"type":"integer","minimum":1e300}""", "#/minimum", "must be a number")]
    [InlineData("""{"type":"string","maxLength":-1}""", "#/maxLength", "whole number")]
    [InlineData("""{"enum":[]}""", "#/enum", "at least one value")]
    [InlineData("""{"type":"string","enum":[1]}""", "#", "no value is valid")]
    [InlineData("""{"const":"\ud83d"}""", "#", "surrogate")]
    [InlineData("""{"type":"object","type":"string"}""", "#", "not valid JSON")]
    [InlineData("""{"type":""", "#", "not valid JSON")]
    [InlineData("3", "#", "a schema is an object")]
    [InlineData("false", "#", "no value is valid")]
    public void FromJsonSchema_Unsupported_SaysWhatAndWhere(string schema, string path, string problem)
    {
        var error = Assert.Throws<InvalidConstraintException>(() => Constraint.FromJsonSchema(schema, Vocabulary));

        Assert.Equal(path, error.Path);
        Assert.Contains(problem, error.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void FromJsonSchema_MadeToTakeMuch_IsRefusedOrStaysSmall()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"type":"array","items":""", 41)) + "{}" + new string('}', 41);
        var (laughs, wide, chain) = (Laughs(40), Laughs(18), Laughs(5000));
        var ambiguous = Constraint.FromJsonSchema(
            $"{{\"anyOf\":[{string.Join(',', Enumerable.Range(1, 200).Select(i => List(i, "{\"type\":\"string\"}")))}]}}", Vocabulary);

        Assert.Throws<InvalidConstraintException>(() => Constraint.FromJsonSchema(deep, Vocabulary));
        Assert.Throws<InvalidConstraintException>(() => Constraint.FromJsonSchema(laughs, Vocabulary));
        Assert.Throws<InvalidConstraintException>(() => Constraint.FromJsonSchema(chain, Vocabulary));
        Assert.Equal(JsonValueKind.Array, JsonDocument.Parse(TinyVocabulary.Walk(Constraint.FromJsonSchema(wide, Vocabulary), new Random(1))).RootElement.ValueKind);
        Assert.Equal(JsonValueKind.Array, JsonDocument.Parse(TinyVocabulary.Walk(ambiguous, new Random(1))).RootElement.ValueKind);
    }

    // Each definition holds the next one twice: written out, two to the power of their number.
    private static string Laughs(int definitions) => $"{{\"$ref\":\"#/$defs/d0\",\"$defs\":{{\"d{definitions}\":{{\"type\":\"null\"}}," + string.Join(',', Enumerable.Range(0, definitions).Select(i =>
        $"\"d{i}\":{{\"anyOf\":[{List(0, $"{{\"$ref\":\"#/$defs/d{i + 1}\"}}")},{List(1, $"{{\"$ref\":\"#/$defs/d{i + 1}\"}}")}]}}")) + "}}";

    private static string List(int least, string items) => $"{{\"type\":\"array\",\"minItems\":{least},\"items\":{items}}}";
}
