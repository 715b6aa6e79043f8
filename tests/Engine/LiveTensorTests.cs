using Platform.Engine.Generation;
using Platform.Engine.Inference;
using Platform.Engine.Models;
using Platform.Engine.Tasks;
using Platform.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests;

/// <summary>Every loop of the engine leaves as many tensors after 30 rounds as after 3. Pre-training's is counted by its own tests.</summary>
public sealed class LiveTensorTests : IDisposable
{
    private static readonly TrainingOptions Options = new() { LearningRate = 5e-3, BatchExamples = 8, MaxTokens = 48, Validations = 10, EarlyStopPatience = 0, CheckpointInterval = TimeSpan.Zero };

    private readonly TemporaryFolder _folder = new();
    private readonly CausalLanguageModel _model = TinyModel.Create();

    public LiveTensorTests()
    {
        // What earlier tests have left to the garbage collection must not go in the middle of counting.
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void FineTuning_OfAllWeights() => AssertConstant(Train(null));

    [Fact]
    public void FineTuning_OfAnAdapter()
    {
        using var adapter = new LoraAdapter(_model, new LoraOptions { Rank = 4, Dropout = 0.1 });
        AssertConstant(Train(adapter));
    }

    [Fact]
    public void Predict_LabelsOfAClosedTask()
    {
        using var predictor = new Predictor(_model, TinyModel.Prompts);
        AssertConstant(Rounds(() => predictor.Predict([.. Inputs(TinyModel.ColourTask())])));
    }

    [Fact]
    public void Predict_FreeText()
    {
        using var predictor = new Predictor(_model, TinyModel.Prompts);
        AssertConstant(Rounds(() => predictor.Predict([.. Inputs(TinyModel.EchoTask())])));
    }

    [Fact]
    public void Score_LabelsThatShareTokens()
    {
        var scorer = new LabelScorer(_model);
        var trie = new LabelTrie([[5, 6, 7, 0], [5, 6, 8, 0], [5, 0], [9, 10, 0]]);
        AssertConstant(Rounds(() => scorer.Score([([20, 21, 22], trie), ([30, 31], trie)])));
    }

    [Fact]
    public void Generate_Greedily()
    {
        var decoder = new BatchDecoder(_model);
        AssertConstant(Rounds(() => decoder.Generate([new TextRequest([20, 21, 22], 6, [-1], null), new TextRequest([30], 3, [-1], null)])));
    }

    private static IEnumerable<PredictionInput> Inputs(TaskData task) => task.Test.Select(row => new PredictionInput(task.Spec, row.Text, row.Text2));

    /// <summary>Tensors alive after each update.</summary>
    private List<long> Train(LoraAdapter? adapter)
    {
        var counts = new List<long>();
        FineTuner.Run(
            _model, adapter, TinyModel.Prompts, [TinyModel.ColourTask(), TinyModel.EchoTask()], [160, 80], Options, _folder.File("training"), "test",
            progress =>
            {
                if (progress.Event is null)
                    counts.Add(Tensor.TotalCount);
            },
            CancellationToken.None);
        return counts;
    }

    private static List<long> Rounds(Action round) => [.. Enumerable.Range(0, 30).Select(_ =>
    {
        round();
        return Tensor.TotalCount;
    })];

    private static void AssertConstant(List<long> counts)
    {
        Assert.Equal(30, counts.Count);
        Assert.True(counts[2] == counts[29], $"{counts[2]} tensors after 3 rounds, {counts[29]} after 30: {string.Join(' ', counts)}");
    }
}
