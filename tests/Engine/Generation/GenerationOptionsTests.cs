using System.Text;
using System.Text.Json;
using Platform.Engine.Generation;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Inference;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;

namespace Platform.Engine.Tests.Generation;

public sealed class GenerationOptionsTests : IDisposable
{
    private static readonly TaskSpec Echo = TinyModel.EchoTask().Spec with { MaxOutputTokens = 24 };
    private static readonly TaskSpec Colour = TinyModel.ColourTask().Spec;

    private readonly CausalLanguageModel model = TinyModel.Create();
    private readonly PromptBuilder prompts = TinyModel.Prompts;
    private readonly Predictor predictor;

    public GenerationOptionsTests() => predictor = new Predictor(model, prompts, options: new InferenceOptions { Threads = 1 });

    public void Dispose()
    {
        predictor.Dispose();
        model.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Step_SampledText_DeltasAndTokensAddUpToTheOutput(bool torch)
    {
        using var other = new Predictor(model, prompts, new TorchInference(model, new Dictionary<string, LoraAdapter>(), 20));
        var used = torch ? other : predictor;
        for (var seed = 1; seed <= 10; seed++)
        {
            var (answer, deltas) = Run(used, Input(Echo, Sampled(seed) with { TopLogprobs = 2 }));

            var tokens = deltas.SelectMany(delta => delta.Tokens).ToList();
            Assert.Equal(answer.Output, string.Concat(deltas.Select(delta => delta.Text)));
            Assert.Equal(tokens, answer.Tokens);
            Assert.StartsWith(answer.Output, Encoding.UTF8.GetString([.. tokens.SelectMany(token => token.Bytes.ToArray())]), StringComparison.Ordinal);
            Assert.All(tokens, token => Assert.True(token.LogProbability <= 0 && token.Top.Count == 2 && token.Top[0].LogProbability >= token.Top[1].LogProbability));
        }
    }

    [Fact]
    public void Predict_SameSeed_IsTheSameAloneAndAmongOthers()
    {
        PredictionInput[] inputs = [.. Enumerable.Range(0, 30).Select(i => Input(i % 3 == 0 ? Colour : Echo, Sampled(i % 5), $"bird {i}"))];

        var together = predictor.Predict(inputs);

        for (var i = 0; i < inputs.Length; i += 4)
            Assert.Equal((together[i].Output, together[i].Score), (predictor.Predict([inputs[i]])[0].Output, predictor.Predict([inputs[i]])[0].Score));
        Assert.True(together.Where((_, i) => i % 3 != 0).Select(answer => answer.Output).Distinct().Count() >= 4);
    }

    [Fact]
    public void Predict_EmptyOptions_AnswersAsWithout()
    {
        PredictionInput[] plain = [new(Echo, "a red bird", null), new(Colour, "a red bird", null)];

        var answers = predictor.Predict([.. plain, .. plain.Select(input => input with { Options = new GenerationOptions() })]);

        for (var i = 0; i < 2; i++)
            Assert.Equal((answers[i].Output, answers[i].Score, answers[i].FinishReason, answers[i].CompletionTokens), (answers[i + 2].Output, answers[i + 2].Score, answers[i + 2].FinishReason, answers[i + 2].CompletionTokens));
    }

    [Fact]
    public void Predict_StopString_EndsTheTextBeforeIt()
    {
        var whole = predictor.Predict([Input(Echo, new GenerationOptions { TopLogprobs = 0 })])[0];
        var stop = whole.Output[3..6];

        var cut = predictor.Predict([Input(Echo, new GenerationOptions { TopLogprobs = 0, Stop = [stop] })])[0];

        Assert.Equal(whole.Output[..whole.Output.IndexOf(stop, StringComparison.Ordinal)].TrimEnd(), cut.Output);
        Assert.Equal(FinishReason.Stop, cut.FinishReason);
        Assert.True(cut.CompletionTokens < whole.CompletionTokens && cut.Tokens.Count <= cut.CompletionTokens);
    }

    [Fact]
    public void Predict_MaxTokens_LowersTheTasksLimitAndNeverRaisesIt()
    {
        var answers = predictor.Predict([Input(Echo, Sampled(1) with { MaxTokens = 3 }), Input(Echo, Sampled(1) with { MaxTokens = 1000 })]);

        Assert.Equal((3, FinishReason.Length), (answers[0].CompletionTokens, answers[0].FinishReason));
        Assert.InRange(answers[1].CompletionTokens, 4, Echo.MaxOutputTokens);
        Assert.Contains("max_tokens", Assert.Throws<ArgumentException>(() => predictor.Predict([Input(Echo, new GenerationOptions { MaxTokens = 0 })])).Message, StringComparison.Ordinal);
        Assert.Contains("temperature", Assert.Throws<ArgumentException>(() => predictor.TrySubmit(Input(Echo, new GenerationOptions { Sampling = new SamplingOptions { Temperature = 3 } }), out _)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Predict_Label_TokensMultiplyToItsProbabilityAndAHotDrawTakesOthers(bool torch)
    {
        using var other = new Predictor(model, prompts, new TorchInference(model, new Dictionary<string, LoraAdapter>(), 20));
        var used = torch ? other : predictor;

        var drawn = used.Predict([.. Enumerable.Range(0, 60).Select(seed => Input(Colour, Sampled(seed) with { TopLogprobs = 3 }))]);

        Assert.Equal(Colour.Labels.Order(), drawn.Select(answer => answer.Output).Distinct().Order());
        foreach (var answer in drawn)
        {
            Assert.Equal(answer.Output, Encoding.UTF8.GetString([.. answer.Tokens.SelectMany(token => token.Bytes.ToArray())]));
            Assert.Equal(answer.Score, Math.Exp(answer.Tokens.Sum(token => token.LogProbability)), 6);
            Assert.Equal(answer.Score, answer.Alternatives.Single(label => label.Output == answer.Output).Probability, 12);
            Assert.Equal(1, answer.Tokens[0].Top.Sum(top => Math.Exp(top.LogProbability)), 6);
            Assert.Equal(FinishReason.Label, answer.FinishReason);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Predict_TasksWithAContract_AnswerValidlyAtEveryLimit(bool torch)
    {
        using var other = new Predictor(model, prompts, new TorchInference(model, new Dictionary<string, LoraAdapter>(), 20));
        var used = torch ? other : predictor;
        List<TaskSpec> tasks = [];
        foreach (var limit in new[] { 5, 9, 14, 30 })
        {
            var task = Echo with { MaxOutputTokens = limit };
            tasks.Add(task with { Kind = TaskKind.Extraction, Labels = ["a|b.c", "to"], Metric = "span_f1" });
            tasks.Add(task with { Kind = TaskKind.Tagging, Metric = "span_f1" });
            tasks.Add(task with { Kind = TaskKind.Tagging, Labels = ["NOUN", "VERB"], Metric = "token_accuracy" });
            tasks.Add(task with { Kind = TaskKind.Similarity, Metric = "pearson" });
        }

        foreach (var task in tasks)
        {
            var contract = prompts.Constraints.Regex(AnswerPattern.Of(task)!);
            PredictionInput[] inputs = [new(task, "a red bird", null), .. Enumerable.Range(1, 8).Select(seed => Input(task, Sampled(seed)))];
            foreach (var answer in used.Predict(inputs))
            {
                Assert.True(contract.Accepts(answer.Output), $"{task.Kind} at {task.MaxOutputTokens}: '{answer.Output}'");
                Assert.True(answer.CompletionTokens <= task.MaxOutputTokens);
            }
        }
    }

    [Theory]
    [InlineData("none", true)]
    [InlineData("a: the tower; b.c: two days", true)]
    [InlineData("b.c: M&amp;M", true)]
    [InlineData("party_size (1-2/3): 4", true)]
    [InlineData("a: one; two", false)]
    [InlineData("bxc: one", false)]
    [InlineData("a:", false)]
    [InlineData("", false)]
    public void Pattern_SpanList_HasTheTasksTypesOnly(string text, bool isValid)
    {
        var task = Echo with { Kind = TaskKind.Extraction, Labels = ["a", "b.c", "party_size (1-2/3)"] };

        Assert.Equal(isValid, prompts.Constraints.Regex(AnswerPattern.Of(task)!).Accepts(text));
    }

    [Fact]
    public void Predict_Json_IsWholeAlsoAtTheLimit()
    {
        const string Schema = """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"array","items":{"type":"integer"}}},"required":["a","b"]}""";
        var made = prompts.Constraints.JsonSchema(Schema, PromptBuilder.AnswerLayout);
        for (var seed = 1; seed <= 20; seed++)
        {
            var answer = predictor.Predict([Input(Echo, Sampled(seed) with { Constraint = made })])[0];

            using var document = JsonDocument.Parse(answer.Output);
            Assert.Equal(JsonValueKind.String, document.RootElement.GetProperty("a").ValueKind);
            Assert.Equal(JsonValueKind.Array, document.RootElement.GetProperty("b").ValueKind);
        }
    }

    [Fact]
    public void Predict_ConstraintOfAnotherVocabulary_IsMadeAgainForItsOwn()
    {
        var foreign = Constraint.FromLabels(["red", "blue"], new TokenVocabulary(TinyModel.Tokenizer, 1, 0), PromptBuilder.AnswerLayout);

        var answer = predictor.Predict([Input(Echo, new GenerationOptions { Constraint = foreign })])[0];

        Assert.Contains(answer.Output, new[] { "red", "blue" });
    }

    private static GenerationOptions Sampled(long seed) => new() { Sampling = new SamplingOptions { Temperature = 1.5, Seed = seed } };

    private static PredictionInput Input(TaskSpec task, GenerationOptions options, string text = "a red bird") => new(task, text, null, options);

    private static (Answer Answer, List<TextDelta> Deltas) Run(Predictor predictor, PredictionInput input)
    {
        Assert.True(predictor.TrySubmit(input, out _));
        List<TextDelta> deltas = [];
        while (true)
        {
            var step = predictor.Step().Single();
            if (step.Delta is { } delta)
                deltas.Add(delta);
            if (step.Answer is { } answer)
                return (answer, deltas);
        }
    }
}
