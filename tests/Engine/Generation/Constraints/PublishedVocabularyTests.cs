using System.Text;
using System.Text.Json;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Tests.Tokenization;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Tests.Generation.Constraints;

/// <summary>Constraints over the vocabularies that models really have.</summary>
public sealed class PublishedVocabularyTests
{
    private const string Schema = """
        {"type":"object","required":["intent","slots"],"additionalProperties":false,"properties":{
          "intent":{"enum":["book_hotel","cancel","жалоба"]},
          "slots":{"type":"array","maxItems":5,"items":{"type":"object","required":["name","value"],"properties":{
            "name":{"type":"string","pattern":"^[a-z_]{1,20}$"},"value":{"type":"string","maxLength":60},"confidence":{"type":"number","minimum":0,"maximum":1}}}},
          "note":{"type":["string","null"]}}}
        """;

    private const string Valid = """{"intent":"жалоба","slots":[{"name":"city","value":"Zürich 東京 🙂 \"old\" town"},{"name":"n","value":"","confidence":0.75}],"note":null}""";

    public static TheoryData<string> Names => ["base", "qwen3", "llama3", "llama2", "gpt2", "gemma3"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Walk_Schema_GivesValidJsonThatDecodes(string name)
    {
        var (tokenizer, vocabulary) = Load(name);
        var constraint = Constraint.FromJsonSchema(Schema, vocabulary);
        var random = new Random(7);

        for (var i = 0; i < 5; i++)
        {
            var (ids, text) = Walk(constraint, random);
            Assert.True(JsonSchemaOracle.IsValid(Schema, text), text);
            Assert.Equal(text, tokenizer.Decode(ids));
            Assert.DoesNotContain(ids, tokenizer.IsSpecial);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Advance_TheTokenizersOwnTokens_AreAllowed(string name)
    {
        var (tokenizer, vocabulary) = Load(name);
        var ids = tokenizer.Encode(Valid, allowSpecial: false);
        var prefix = Encoding.UTF8.GetString([.. ids.SelectMany(id => vocabulary.Bytes(id).ToArray())])[..^Valid.Length];
        var state = Constraint.FromJsonSchema(Schema, vocabulary, new ConstraintOptions { Prefix = prefix }).Start();

        foreach (var id in ids)
        {
            Assert.True(state.Allowed.Contains(id));
            state.Advance(id);
        }

        Assert.True(state.MustEnd);
    }

    [Theory]
    [InlineData("base")]
    [InlineData("qwen3")]
    [InlineData("llama2")]
    public void Allowed_EveryToken_AgreesWithTryingIt(string name)
    {
        var (_, vocabulary) = Load(name);
        var state = Constraint.FromRegex(@"\w+ [а-я]{2,4}(東|🙂)+", vocabulary).Start();

        foreach (var text in (string[])["a", "b", " ", "д", "а", "東"])
        {
            for (var token = 0; token < vocabulary.Size; token++)
                Assert.Equal(state.Copy().TryAdvance(token), state.Allowed.Contains(token));
            foreach (var value in Encoding.UTF8.GetBytes(text))
                state.Advance(Enumerable.Range(0, vocabulary.Size).First(token => vocabulary.Bytes(token).SequenceEqual([value])));
        }
    }

    private static (Tokenizer Tokenizer, TokenVocabulary Vocabulary) Load(string name)
    {
        var tokenizer = name == "base" ? Tokenizer.Load(BaseModel()) : PublishedTokenizers.Load(name);
        var end = tokenizer.EndOfTextId ?? Enumerable.Range(0, tokenizer.VocabularySize).Last(tokenizer.IsSpecial);
        return (tokenizer, new TokenVocabulary(tokenizer, end));
    }

    private static string BaseModel()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
            folder = folder.Parent;
        var path = Path.Combine(folder?.FullName ?? "", "models", "base");
        if (!File.Exists(Path.Combine(path, "tokenizer.json")))
            Assert.Skip($"There is no base model at {path}; this check needs it.");
        return path;
    }

    private static (List<int> Ids, string Text) Walk(Constraint constraint, Random random)
    {
        var (state, ids, bytes) = (constraint.Start(), new List<int>(), new List<byte>());
        for (var step = 0; !state.MustEnd; step++)
        {
            // Any token at first, the shortest later, so that it ends.
            var allowed = state.Allowed;
            int[] tokens = [.. Enumerable.Range(0, constraint.Vocabulary.Size).Where(token => allowed.Contains(token) && !constraint.Vocabulary.EndTokens.Contains(token))];
            var token = step < 40
                ? tokens[random.Next(tokens.Length)]
                : tokens.Where(token => constraint.Vocabulary.Bytes(token).Length == 1).MinBy(token => Least(state, token));
            state.Advance(token);
            ids.Add(token);
            bytes.AddRange(constraint.Vocabulary.Bytes(token));
        }

        return (ids, Encoding.UTF8.GetString([.. bytes]));
    }

    private static int Least(ConstraintState state, int token)
    {
        var next = state.Copy();
        next.Advance(token);
        return next.LeastBytes;
    }
}
