using Platform.Engine.Models;
using Platform.Engine.Tasks;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.Training;

/// <summary>Tasks that leave a mixture early: at the best of each, with what was rolled back accounted for.</summary>
public sealed class EarlyStopTests : IDisposable
{
    private static readonly TrainingOptions Options = new()
    {
        LearningRate = 5e-3, BatchExamples = 8, MaxTokens = 48, Validations = 20, EarlyStopPatience = 2, RollBack = true, LearningRateCurve = LearningRateCurve.Constant,
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_ATaskThatNoLongerImproves_LeavesAtItsBestAndTheOtherGoesOn()
    {
        using var model = TinyModel.Create();
        var events = new List<string>();
        var validations = new List<(long Examples, IReadOnlyDictionary<string, double> Losses)>();

        var result = Train(model, Options, p =>
        {
            if (p.Event is { } sentence) events.Add(sentence);
            if (p.ValidationLosses is { } losses) validations.Add((p.ExamplesDone, losses));
        });

        Assert.True(result.Completed);
        var sentence = events.First(e => e.Contains("leaves the mixture but for a replay share", StringComparison.Ordinal));
        var name = sentence.Split(' ')[0];
        Assert.Contains(name, result.EarlyStopped);
        Assert.True(result.DiscardedExamples > 0);
        Assert.Equal(result.Examples, result.ExamplesByTask.Values.Sum());
        Assert.Equal(result.DiscardedTokens, result.Tokens - result.TokensByTask.Values.Sum());
        Assert.True(result.DiscardedTokens > 0);

        // The training went back to the update after which the task's loss was lowest.
        var fall = validations.FindIndex(v => validations.IndexOf(v) > 0 && v.Examples <= validations[validations.IndexOf(v) - 1].Examples);
        var best = validations.Take(fall).MinBy(v => v.Losses[name]);
        Assert.Contains($"The others go on from update {best.Examples / 8:N0}, where it was at its best", sentence, StringComparison.Ordinal);
        Assert.True(validations[fall].Examples > best.Examples);
    }

    [Fact]
    public void Run_WithoutRollBack_StopsTheTaskWhereItIs()
    {
        using var model = TinyModel.Create();

        var result = Train(model, Options with { RollBack = false });

        Assert.NotEmpty(result.EarlyStopped);
        Assert.Equal(0, result.DiscardedExamples);
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.point-*"));
    }

    [Fact]
    public void Run_RollBackStoppedAndResumedAtEveryBatch_EndsBitIdentical()
    {
        var (straight, _) = Trained("straight", stopEveryUpdate: false);
        var (resumed, rounds) = Trained("resumed", stopEveryUpdate: true);

        Assert.True(rounds > 40);
        Assert.Equal(straight, resumed);

        (byte[] Weights, int Rounds) Trained(string name, bool stopEveryUpdate)
        {
            using var model = TinyModel.Create();
            FineTuningResult result;
            var rounds = 0;
            do
            {
                using var stop = new CancellationTokenSource();
                result = Train(model, Options, p =>
                {
                    if (stopEveryUpdate && p.Event is null)
                        stop.Cancel();
                }, name, stop.Token);
                rounds++;
                if (!result.Completed)
                    model.Initialize(99); // the checkpoint must bring all back
            }
            while (!result.Completed);
            Assert.NotEmpty(result.EarlyStopped);
            Assert.True(result.DiscardedExamples > 0);
            return ([.. model.parameters().SelectMany(p => p.bytes.ToArray())], rounds);
        }
    }

    [Fact]
    public void Run_DamagedRollBackPoint_SaysSoAndStopsTheTaskWithoutIt()
    {
        using var model = TinyModel.Create();
        var events = new List<string>();

        var result = Train(model, Options, p =>
        {
            if (p.Event is { } sentence) events.Add(sentence);
            foreach (var point in Directory.GetFiles(_folder.Path, "*.point-*"))
                File.WriteAllBytes(point, [1, 2, 3]);
        });

        Assert.True(result.Completed);
        Assert.Contains(events, e => e.Contains(" cannot be rolled back to update", StringComparison.Ordinal));
        Assert.Equal(0, result.DiscardedExamples);
    }

    [Fact]
    public void Run_OneTaskThatNoLongerImproves_EndsTheTrainingWithItsBestWeights()
    {
        using var model = TinyModel.Create();
        var losses = new List<double>();

        var result = FineTuner.Run(
            model, null, TinyModel.Prompts, [Noise()], [800], Options, _folder.File("training"), "test", p => losses.AddRange(p.ValidationLosses?.Values ?? []), CancellationToken.None);

        Assert.True(result.Completed);
        Assert.True(result.Examples < 800);
        Assert.Equal(losses.Min(), result.ValidationLosses["noise"]);
    }

    [Fact]
    public void Run_InputTexts_LearnsTheTextsThemselves()
    {
        using var model = TinyModel.Create();
        var losses = new List<double>();
        var options = Options with { Objective = TrainingObjective.InputTexts, EarlyStopPatience = 0, RollBack = false, Validations = 4 };

        var result = FineTuner.Run(
            model, null, TinyModel.Prompts, [TinyModel.ColourTask()], [240], options, _folder.File("texts"), "test", p => losses.AddRange(p.ValidationLosses?.Values ?? []), CancellationToken.None);

        Assert.Equal(240, result.Examples);
        Assert.True(losses[^1] < 0.6 * losses[0], string.Join(' ', losses));
    }

    [Fact]
    public void Run_LossThatRunsAway_EndsWithTheRemedy()
    {
        var guard = new DivergenceGuard();
        for (var update = 1; update <= 300; update++)
            guard.Watch(0.5, update);

        var error = Assert.Throws<TrainingDivergedException>(() =>
        {
            for (var update = 301; update <= 900; update++)
                guard.Watch(6, update);
        });

        Assert.Contains("Lower the learning rate", error.Message, StringComparison.Ordinal);
        Assert.InRange(guard.SmoothLoss, 2.5, 2.7); // three times 0.5 and a nat
    }

    /// <summary>Answers that have nothing to do with the texts: all that can be learnt of it is by heart.</summary>
    private static TaskData Noise()
    {
        var task = TinyModel.ColourTask("noise");
        string[] answers = ["red", "green", "blue"];
        return task with
        {
            Train = [.. task.Train.Select((row, i) => row with { Output = answers[i * 7 % 11 % 3] })],
            Validation = [.. task.Validation.Select((row, i) => row with { Output = answers[(i * 5 + 1) % 7 % 3] })],
        };
    }

    private FineTuningResult Train(
        CausalLanguageModel model, TrainingOptions options, Action<FineTuningProgress>? progress = null, string name = "training", CancellationToken cancellationToken = default) =>
        FineTuner.Run(
            model, null, TinyModel.Prompts, [TinyModel.EchoTask(), Noise()], [320, 320], options, _folder.File(name), "test", progress ?? (_ => { }), cancellationToken);
}
