using System.Text.Json;
using Platform.Engine.Generation;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Generation.Sampling;

namespace Platform.Engine.Tests.Generation;

public sealed class TextGeneratorTests
{
    private const string Prompt = "the red bird";

    [Fact]
    public void Generate_AnyOptions_StreamsWhatItReturns()
    {
        using var model = TinyModel.Create();
        using var generator = new TextGenerator(model, TinyModel.Tokenizer);
        foreach (var temperature in new[] { 0.0, 0.7, 1.5 })
        {
            var streamed = "";
            var text = generator.Generate(Prompt, new TextOptions { MaxTokens = 20, Sampling = new SamplingOptions { Temperature = temperature, Seed = 4 } }, part => streamed += part);

            Assert.Equal(text.Text, streamed);
            Assert.True(text.Tokens.Count is > 0 and <= 20);
            Assert.All(text.Tokens, token => Assert.True(token.LogProbability <= 0));
        }
    }

    [Fact]
    public void Generate_SameSeed_IsTheSameTextAndAnotherSeedIsNot()
    {
        using var model = TinyModel.Create();
        using var generator = new TextGenerator(model, TinyModel.Tokenizer);
        string Draw(long seed) => generator.Generate(Prompt, new TextOptions { MaxTokens = 30, Sampling = new SamplingOptions { Temperature = 1, Seed = seed } }).Text;

        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));
    }

    [Fact]
    public void Generate_StopString_CutsBeforeIt()
    {
        using var model = TinyModel.Create();
        using var generator = new TextGenerator(model, TinyModel.Tokenizer);
        var free = generator.Generate(Prompt, new TextOptions { MaxTokens = 30 }).Text;
        var stop = free.Substring(free.Length / 2, 2);

        var cut = generator.Generate(Prompt, new TextOptions { MaxTokens = 30, Stops = new StopStrings(stop) });

        Assert.Equal(free[..free.IndexOf(stop, StringComparison.Ordinal)], cut.Text);
        Assert.Equal((FinishReason.Stop, stop), (cut.FinishReason, cut.Stop));
    }

    [Fact]
    public void Generate_Constrained_IsAlwaysValid()
    {
        using var model = TinyModel.Create();
        using var generator = new TextGenerator(model, TinyModel.Tokenizer);
        var vocabulary = new TokenVocabulary(TinyModel.Tokenizer, generator.EndTokens);
        var schema = Constraint.FromJsonSchema("""{"type":"object","properties":{"colour":{"enum":["red","blue"]},"count":{"type":"integer","minimum":0,"maximum":99}},"required":["colour","count"],"additionalProperties":false}""", vocabulary);
        var labels = Constraint.FromLabels([" warm", " warm song"], vocabulary);
        for (var seed = 0; seed < 8; seed++)
        {
            var sampling = new SamplingOptions { Temperature = 1.2, Seed = seed };
            using var json = JsonDocument.Parse(generator.Generate(Prompt, new TextOptions { MaxTokens = 60, Sampling = sampling, Constraint = schema }).Text);
            Assert.Contains(json.RootElement.GetProperty("colour").GetString(), new[] { "red", "blue" });
            Assert.InRange(json.RootElement.GetProperty("count").GetInt32(), 0, 99);
            var label = generator.Generate(Prompt, new TextOptions { MaxTokens = 60, Sampling = sampling, Constraint = labels });
            Assert.Contains(label.Text, new[] { " warm", " warm song" });
            Assert.Equal(FinishReason.Stop, label.FinishReason);
        }
    }

    [Fact]
    public void Generate_Cancelled_ThrowsAndCanGoOn()
    {
        using var model = TinyModel.Create();
        using var generator = new TextGenerator(model, TinyModel.Tokenizer);

        Assert.Throws<OperationCanceledException>(() => generator.Generate(Prompt, new TextOptions(), cancellationToken: new CancellationToken(canceled: true)));
        Assert.NotEmpty(generator.Generate(Prompt, new TextOptions { MaxTokens = 4 }).Tokens);
    }

    [Fact]
    public void Generate_BeyondTheContext_NamesTheLimit()
    {
        using var model = TinyModel.Create();
        using var generator = new TextGenerator(model, TinyModel.Tokenizer);

        var error = Assert.Throws<InputTooLongException>(() => generator.Generate(Prompt, new TextOptions { MaxTokens = 95 }));

        Assert.Equal(1, error.Limit);
    }
}
