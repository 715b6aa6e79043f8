using System.Text.Json;
using Platform.Engine.Generation;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Inference;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;

namespace Platform.Engine.Tests.Serving;

public sealed class RemoteTasksTests : IDisposable
{
    private static readonly TaskSpec[] Specs =
    [
        TinyModel.ColourTask().Spec,
        TinyModel.ColourTask("isolated").Spec,
        new() { Name = "nested", Kind = TaskKind.Classification, Instruction = "How was it?", Labels = ["good", "good night", "goodbye", "bad", "хорошо", "bad luck"], Metric = "accuracy" },
        new() { Name = "only", Kind = TaskKind.Classification, Instruction = "Say it.", Labels = ["the same"], Metric = "accuracy" },
        TinyModel.EchoTask().Spec,
        new() { Name = "close", Kind = TaskKind.Similarity, Instruction = "How close are they?", Metric = "pearson", MaxOutputTokens = 6 },
        new() { Name = "spans", Kind = TaskKind.Extraction, Instruction = "Find the birds.", Labels = ["bird", "colour"], Metric = "span_f1", MaxOutputTokens = 12 },
    ];

    private static readonly string[] Texts = ["the red bird sings", "a keeper says the blue bird number 7 sings a warm song", "x"];

    private readonly TemporaryFolder folder = new();
    private readonly CausalLanguageModel model = TinyModel.Create(seed: 11);
    private readonly LoraAdapter adapter;
    private readonly MultiTaskModel here;
    private readonly RemoteTasks remote;
    private readonly ModelTokens source;

    public RemoteTasksTests()
    {
        adapter = new LoraAdapter(model, rank: 2, alpha: 64, seed: 5);
        foreach (var (_, parameter) in adapter.NamedParameters())
            TorchSharp.torch.nn.init.normal_(parameter, 0, 0.3);
        MultiTaskModel.Save(folder.Path, model, TinyModel.Tokenizer, [.. Specs.Select(spec => (spec, spec.Name == "isolated" ? adapter : null))], new Dictionary<string, double> { ["nested"] = 1.7 });
        here = MultiTaskModel.Load(folder.Path, options: new InferenceOptions { Threads = 1 });
        remote = RemoteTasks.Load(folder.Path);
        source = new ModelTokens(model, new Dictionary<string, LoraAdapter> { ["isolated"] = adapter });
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        here.Dispose();
        adapter.Dispose();
        model.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task AnswerAsync_EveryKindOfTask_IsWhatTheModelAnswersHere()
    {
        foreach (var input in Specs.SelectMany(spec => Texts.Select(text => new ServedInput(spec.Name, text, spec.Kind == TaskKind.Similarity ? "the green bird" : null))))
        {
            var expected = here.Predict([input], cancellationToken: Cancellation).Single();
            var answer = await remote.AnswerAsync(input, source, null, Cancellation);

            Assert.Equal((expected.Output, expected.FinishReason), (answer.Output, answer.FinishReason));
            Assert.Equal((expected.PromptTokens, expected.CompletionTokens), (answer.PromptTokens, answer.CompletionTokens));
            Assert.Equal(expected.Score, answer.Score, 1e-4);
            Assert.Equal(expected.Alternatives.Select(one => one.Output), answer.Alternatives.Select(one => one.Output));
            Assert.All(expected.Alternatives.Zip(answer.Alternatives), pair => Assert.Equal(pair.First.Probability, pair.Second.Probability, 1e-4));
            Assert.Equal(remote.CountPromptTokens(input.Task, input.Text, input.Text2), answer.PromptTokens);
            Assert.Equal(input.Task == "only" ? 0 : 3, answer.CachedTokens);
        }

        // An untrained model hardly writes a valid list by itself: the tests above would prove nothing if it had.
        Assert.True(source.Restricted > 0);
    }

    [Fact]
    public void Label_ScoresFromElsewhere_AreTakenAsTheyAre()
    {
        var scores = new Dictionary<string, double> { ["good"] = 0.1, ["good night"] = 0.5, ["goodbye"] = 0.15, ["bad"] = 0.05, ["хорошо"] = 0.15, ["bad luck"] = 0.05 };

        var answer = remote.Label(new ServedInput("nested", "x"), scores, 2);

        Assert.Equal(("good night", 0.5, 2), (answer.Output, answer.Score, answer.CachedTokens));
        Assert.Equal(scores.Values.OrderDescending(), answer.Alternatives.Select(one => one.Probability));
        Assert.Throws<KeyNotFoundException>(() => remote.Label(new ServedInput("nested", "x"), new Dictionary<string, double> { ["good"] = 1 }, 0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.9)]
    public async Task AnswerAsync_StreamedWithOptions_GivesTheSameTextInPartsAndItsTokens(double temperature)
    {
        var options = new GenerationOptions { Sampling = new SamplingOptions { Temperature = temperature, Seed = 4, TopP = 0.95 }, TopLogprobs = 2, MaxTokens = 7 };
        foreach (var text in Texts)
        {
            List<TextDelta> deltas = [];

            var answer = await remote.AnswerAsync(new ServedInput("echo", text, null, options), source, deltas.Add, Cancellation);

            Assert.Equal(answer.Output, string.Concat(deltas.Select(delta => delta.Text)));
            Assert.Equal(answer.Tokens.Select(token => token.LogProbability), deltas.SelectMany(delta => delta.Tokens).Select(token => token.LogProbability));
            if (temperature > 0)
                continue;
            var expected = here.Predict([new ServedInput("echo", text, null, options)], cancellationToken: Cancellation).Single();
            Assert.Equal(expected.Output, answer.Output);
            Assert.All(expected.Tokens.Zip(answer.Tokens), pair => Assert.Equal(pair.First.LogProbability, pair.Second.LogProbability, 1e-3));
            Assert.Equal(expected.Tokens.SelectMany(token => token.Top).Select(top => top.Text), answer.Tokens.SelectMany(token => token.Top).Select(top => top.Text));
        }
    }

    /// <summary>A free draw that is not allowed is drawn again among the valid tokens: together that is the distribution over those.</summary>
    [Fact]
    public async Task AnswerAsync_SampledUnderAConstraint_IsValidAndFollowsTheDistributionOfValidTokens()
    {
        const int Draws = 600;
        var constraint = remote.Constraints.Labels(["a", "b", "c"], PromptBuilder.AnswerLayout);
        var seen = new Dictionary<string, int> { ["a"] = 0, ["b"] = 0, ["c"] = 0 };
        for (var seed = 0; seed < Draws; seed++)
        {
            var options = new GenerationOptions { Sampling = new SamplingOptions { Temperature = 1, Seed = seed }, Constraint = constraint };
            seen[(await remote.AnswerAsync(new ServedInput("echo", "the red bird", null, options), source, _ => { }, Cancellation)).Output]++;
        }

        var expected = new Dictionary<string, int> { ["a"] = 0, ["b"] = 0, ["c"] = 0 };
        for (var seed = 0; seed < Draws; seed++)
        {
            var options = new GenerationOptions { Sampling = new SamplingOptions { Temperature = 1, Seed = seed + 10_000 }, Constraint = constraint };
            expected[here.Predict([new ServedInput("echo", "the red bird", null, options)], cancellationToken: Cancellation).Single().Output]++;
        }

        // Two samples of one distribution: four standard errors of a difference of shares.
        Assert.All(seen.Keys, label => Assert.InRange(Math.Abs(seen[label] - expected[label]) / (double)Draws, 0, 4 * Math.Sqrt(2 * 0.25 / Draws)));
        Assert.True(source.Restricted > 0);
    }

    [Fact]
    public async Task AnswerAsync_JsonSchema_IsValidAgainstIt()
    {
        var constraint = remote.Constraints.JsonSchema("""{"type":"object","properties":{"n":{"type":"integer","minimum":0,"maximum":99}},"required":["n"]}""", PromptBuilder.AnswerLayout);
        Assert.Contains("\"maximum\":99", constraint.Source!.Schema, StringComparison.Ordinal);
        var spec = TinyModel.EchoTask().Spec;

        var answer = await remote.AnswerAsync(new ServedInput(spec.Name, "the red bird", null, new GenerationOptions { Constraint = constraint }), source, _ => { }, Cancellation);

        // Eight tokens are the task's longest answer: it is brought to its end within them, or cut, but never anything else than a beginning of valid JSON.
        if (answer.FinishReason == FinishReason.Stop)
            Assert.InRange(JsonDocument.Parse(answer.Output).RootElement.GetProperty("n").GetInt32(), 0, 99);
        else
            Assert.StartsWith("{", answer.Output, StringComparison.Ordinal);
        Assert.Equal(here.Predict([new ServedInput(spec.Name, "the red bird", null, new GenerationOptions { Constraint = constraint })], cancellationToken: Cancellation).Single().Output, answer.Output);
    }

    /// <summary>It would be asked for the same place for ever.</summary>
    [Fact]
    public async Task AnswerAsync_SourceThatIgnoresWhatIsValid_IsRefused()
    {
        var deaf = new ModelTokens(model) { IgnoresRestrictions = true };

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => remote.AnswerAsync(new ServedInput("spans", Texts[0]), deaf, null, Cancellation));

        Assert.Contains("chose another one", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, deaf.Restricted);
    }

    [Fact]
    public async Task AnswerAsync_StopString_EndsTheTextBeforeIt()
    {
        var whole = (await remote.AnswerAsync(new ServedInput("echo", Texts[1]), source, null, Cancellation)).Output;
        Assert.True(whole.Length > 3, $"The untrained model answered '{whole}'; choose another seed.");
        var stop = whole[2..4];

        var answer = await remote.AnswerAsync(new ServedInput("echo", Texts[1], null, new GenerationOptions { Stop = [stop] }), source, _ => { }, Cancellation);

        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)].TrimEnd(), answer.Output);
        Assert.Equal(FinishReason.Stop, answer.FinishReason);
    }

    [Fact]
    public async Task AnswerAsync_TooLong_SaysBothNumbersAndAsksNothing()
    {
        var text = string.Join(' ', Enumerable.Repeat("song", 300));

        var error = await Assert.ThrowsAsync<InputTooLongException>(() => remote.AnswerAsync(new ServedInput("colour", text), source, null, Cancellation));

        Assert.Equal((remote.CountPromptTokens("colour", text, null), here.MaxPromptTokens("colour")), (error.Tokens, error.Limit));
        Assert.Equal((0, 0), (source.Weighed, source.Continued));
    }

    [Fact]
    public async Task AnswerAsync_ManyLabelsAtOnce_AreTheSameFromManyThreads()
    {
        var expected = await remote.AnswerAsync(new ServedInput("nested", Texts[0]), source, null, Cancellation);

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => remote.AnswerAsync(new ServedInput("nested", Texts[0]), source, null, Cancellation))));

        Assert.All(answers, answer => Assert.Equal(expected.Alternatives, answer.Alternatives));
    }
}
