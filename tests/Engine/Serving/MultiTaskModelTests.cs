using Platform.Engine.Generation;
using Platform.Engine.Inference;
using Platform.Engine.Models;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.Serving;

public sealed class MultiTaskModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_SavedVersionWithAdapter_AnswersAsTheTrainerDid()
    {
        using var model = TinyModel.Create();
        using var adapter = new LoraAdapter(model, 4, 8, seed: 2);
        var (shared, isolated) = (TinyModel.ColourTask("shared"), TinyModel.ColourTask("isolated"));
        FineTuner.Run(
            model, adapter, TinyModel.Prompts, [isolated], [64], new TrainingOptions { LearningRate = 1e-2, BatchExamples = 8, Validations = 0 }, _folder.File("a"), "t", _ => { }, default);
        MultiTaskModel.Save(_folder.Path, model, TinyModel.Tokenizer, [(shared.Spec, null), (isolated.Spec, adapter)]);
        var input = shared.Test[0];
        var expectedShared = Torch(model, shared.Spec, input.Text);
        Answer expectedIsolated;
        using (adapter.Use(model))
            expectedIsolated = Torch(model, isolated.Spec, input.Text);

        using var loaded = MultiTaskModel.Load(_folder.Path);
        var answers = loaded.Predict([new ServedInput("isolated", input.Text), new ServedInput("shared", input.Text)]);

        Assert.Equal(expectedIsolated.Score, answers[0].Score, 5);
        Assert.Equal(expectedShared.Score, answers[1].Score, 5);
        Assert.NotEqual(answers[0].Score, answers[1].Score, 3);
        Assert.Equal("adapters/isolated", loaded.Tasks["isolated"].Adapter);
        Assert.True(loaded.SizeBytes > model.SizeBytes);
    }

    [Fact]
    public void Predict_InputLongerThanTheContext_NamesItAndTheLimit()
    {
        using var model = TinyModel.Create();
        MultiTaskModel.Save(_folder.Path, model, TinyModel.Tokenizer, [(TinyModel.EchoTask().Spec, null), (TinyModel.ColourTask().Spec, null)]);
        using var loaded = MultiTaskModel.Load(_folder.Path);
        var text = string.Join(' ', Enumerable.Repeat("song", 300));

        var error = Assert.Throws<InputTooLongException>(() => loaded.Predict([new ServedInput("colour", "red"), new ServedInput("echo", "red"), new ServedInput("echo", text)]));

        Assert.Equal(2, error.Index);
        Assert.Equal(loaded.MaxPromptTokens("echo"), error.Limit);
        Assert.Equal(loaded.CountPromptTokens("echo", text, null), error.Tokens);
        Assert.NotEmpty(loaded.Predict([new ServedInput("echo", text)], truncate: true)[0].Output);
    }

    [Fact]
    public void Load_TaskWithATemperature_ServesCalibratedScoresAndTheSameAnswer()
    {
        using var model = TinyModel.Create();
        var (plain, warm, cold) = (TinyModel.ColourTask("plain"), TinyModel.ColourTask("warm"), TinyModel.ColourTask("cold"));
        MultiTaskModel.Save(
            _folder.Path, model, TinyModel.Tokenizer, [(plain.Spec, null), (warm.Spec, null), (cold.Spec, null)],
            new Dictionary<string, double> { ["warm"] = 4, ["cold"] = 0.5 });

        using var loaded = MultiTaskModel.Load(_folder.Path);
        var answers = loaded.Predict([new ServedInput("plain", "red"), new ServedInput("warm", "red"), new ServedInput("cold", "red")]);

        Assert.Equal([null, 4, 0.5], loaded.Tasks.Values.Select(task => task.Temperature));
        var raw = answers[0].Alternatives.Select(one => one.Probability).ToArray();
        foreach (var (answer, temperature) in new[] { (answers[1], 4), (answers[2], 0.5) })
        {
            Assert.Equal(answers[0].Alternatives.Select(one => one.Output), answer.Alternatives.Select(one => one.Output));
            Assert.All(LabelTemperature.Apply(raw, temperature).Zip(answer.Alternatives), pair => Assert.Equal(pair.First, pair.Second.Probability, 6));
            Assert.Equal(answer.Alternatives[0].Probability, answer.Score);
            Assert.Equal(1, answer.Alternatives.Sum(one => one.Probability), 9);
        }

        Assert.True(answers[1].Score < answers[0].Score && answers[0].Score < answers[2].Score);
        var samples = ParitySample.Record(loaded, plain.Test.Take(4).Select(row => ("warm", row)), default);
        Assert.Empty(ParitySample.Differences(samples, loaded.Predict([.. samples.Select(sample => new ServedInput(sample.Task, sample.Text, sample.Text2))])));
    }

    [Fact]
    public void Load_TemperatureThatIsNone_NamesTheTask()
    {
        using var model = TinyModel.Create();
        MultiTaskModel.Save(_folder.Path, model, TinyModel.Tokenizer, [(TinyModel.ColourTask().Spec, null)], new Dictionary<string, double> { ["colour"] = 0 });

        Assert.Contains("the temperature of colour is 0", Assert.Throws<InvalidDataException>(() => MultiTaskModel.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    /// <summary>The answer of the training model itself.</summary>
    private static Answer Torch(CausalLanguageModel model, TaskSpec task, string text)
    {
        using var predictor = new Predictor(model, TinyModel.Prompts, new TorchInference(model, new Dictionary<string, LoraAdapter>(), 8));
        return predictor.Predict([new PredictionInput(task, text, null)])[0];
    }
}
