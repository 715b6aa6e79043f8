using Platform.Engine.Evaluation;
using Platform.Engine.Generation;
using Platform.Engine.Models;
using Platform.Engine.Tasks;
using Platform.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Training;

public sealed class FineTunerTests : IDisposable
{
    private static readonly TrainingOptions Options = new() { LearningRate = 5e-3, BatchExamples = 8, MaxTokens = 48, Validations = 3, EarlyStopPatience = 0 };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_LearnableTask_AnswersUnseenRows()
    {
        using var model = TinyModel.Create();
        var task = TinyModel.ColourTask();

        var result = Train(model, [task], [2000]);

        Assert.True(result.Completed);
        Assert.Equal(2000, result.ExamplesByTask["colour"]);
        using var predictor = new Predictor(model, TinyModel.Prompts);
        var evaluation = Evaluator.Evaluate(predictor, task.Spec, task.Test, null, CancellationToken.None);
        Assert.Equal(1, evaluation.Score);
    }

    [Fact]
    public void Run_Adapter_LearnsWhileTheModelStaysAsItIs()
    {
        using var model = TinyModel.Create();
        Train(model, [TinyModel.EchoTask()], [800], name: "base"); // the layers of a random model give an adapter nothing to turn
        using var adapter = new LoraAdapter(model, rank: 8, alpha: 16, seed: 1);
        var before = model.LastLogits([1, 2, 3]);
        var task = TinyModel.ColourTask();
        using (adapter.Use(model))
            Assert.Equal(before, model.LastLogits([1, 2, 3])); // a new adapter changes nothing
        var firstLoss = LossWith(model, adapter, task);

        Train(model, [task], [400], adapter, Options with { LearningRate = 2e-2 });

        Assert.Equal(before, model.LastLogits([1, 2, 3]));
        Assert.InRange(LossWith(model, adapter, task), 0, 0.5 * firstLoss);
        Assert.All(model.parameters(), p => Assert.True(p.requires_grad));
    }

    [Fact]
    public void MergeInto_TrainedAdapter_MakesTheModelAnswerAsWithIt()
    {
        using var model = TinyModel.Create();
        using var adapter = new LoraAdapter(model, rank: 4, alpha: 8, seed: 1);
        Train(model, [TinyModel.ColourTask()], [160], adapter, Options with { LearningRate = 2e-2 });
        float[] with;
        using (adapter.Use(model))
            with = model.LastLogits([1, 2, 3]);
        var without = model.LastLogits([1, 2, 3]);

        adapter.MergeInto(model);

        var merged = model.LastLogits([1, 2, 3]);
        Assert.True(with.Zip(without).Max(pair => Math.Abs(pair.First - pair.Second)) > 0.01);
        Assert.All(with.Zip(merged), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public void Run_StoppedAndResumedAtEveryBatch_EndsBitIdentical()
    {
        TaskData[] tasks = [TinyModel.ColourTask(), TinyModel.EchoTask()];
        long[] counts = [40, 24];
        using var straight = TinyModel.Create();
        Train(straight, tasks, counts, name: "straight");

        using var resumed = TinyModel.Create();
        var rounds = 0;
        FineTuningResult result;
        do
        {
            resumed.Initialize(99); // a new process starts with other weights in memory; the checkpoint must bring all back
            if (rounds == 0)
                resumed.Initialize(3);
            using var stop = new CancellationTokenSource();
            result = Train(resumed, tasks, counts, name: "resumed", cancellationToken: stop.Token, progress: p =>
            {
                if (p.Event is null) // not at "Resumed after ...": every round makes one update
                    stop.Cancel();
            });
            rounds++;
        }
        while (!result.Completed && rounds < 20);

        Assert.True(rounds >= 8);
        foreach (var (name, parameter) in straight.named_parameters())
        {
            var other = resumed.named_parameters().Single(p => p.name == name).parameter;
            Assert.True(parameter.bytes.SequenceEqual(other.bytes), $"{name} differs after {rounds} rounds");
        }
    }

    [Fact]
    public void Run_AdapterWithDropoutStoppedAndResumed_EndsBitIdentical()
    {
        using var model = TinyModel.Create();
        var straight = TrainedAdapter("straight", stopEveryUpdate: false);

        Assert.Equal(straight, TrainedAdapter("resumed", stopEveryUpdate: true));

        byte[] TrainedAdapter(string name, bool stopEveryUpdate)
        {
            using var adapter = new LoraAdapter(model, new LoraOptions { Rank = 2, Alpha = 4, Dropout = 0.2, TargetModules = ["q_proj", "up_proj"] });
            FineTuningResult result;
            do
            {
                using var stop = new CancellationTokenSource();
                result = Train(model, [TinyModel.ColourTask()], [48], adapter, name: name, cancellationToken: stop.Token, progress: p =>
                {
                    if (stopEveryUpdate && p.Event is null)
                        stop.Cancel();
                });
            }
            while (!result.Completed);
            return [.. adapter.NamedParameters().SelectMany(p => p.Parameter.bytes.ToArray())];
        }
    }

    [Fact]
    public void Run_BFloat16WithMasters_LearnsAsFloat32DoesAndEndsInFloat32()
    {
        var wide = LossAfterTraining(TrainingPrecision.Full);
        var narrow = LossAfterTraining(TrainingPrecision.BFloat16);

        Assert.InRange(narrow, 0.8 * wide, 1.2 * wide);

        double LossAfterTraining(TrainingPrecision precision)
        {
            using var model = TinyModel.Create();
            var before = model.parameters().Count(p => p.requires_grad);
            var losses = new List<double>();
            Train(model, [TinyModel.ColourTask()], [320], options: Options with { Precision = precision, Validations = 0 }, name: $"{precision}", progress: p => losses.Add(p.Loss));
            Assert.All(model.parameters(), p => Assert.Equal(ScalarType.Float32, p.dtype));
            Assert.Equal(before, model.parameters().Count(p => p.requires_grad));
            // Weights that came out of a bfloat16 would have 16 zero bits.
            Assert.Contains(model.parameters().First().data<float>().ToArray(), value => (BitConverter.SingleToUInt32Bits(value) & 0xFFFF) != 0);
            return losses.TakeLast(10).Average();
        }
    }

    [Fact]
    public void Run_BFloat16StoppedAndResumed_EndsBitIdentical()
    {
        Assert.Equal(Trained("straight", false), Trained("resumed", true));

        byte[] Trained(string name, bool stopEveryUpdate)
        {
            using var model = TinyModel.Create();
            FineTuningResult result;
            do
            {
                using var stop = new CancellationTokenSource();
                result = Train(model, [TinyModel.ColourTask()], [48], options: Options with { Precision = TrainingPrecision.BFloat16 }, name: name, cancellationToken: stop.Token, progress: p =>
                {
                    if (stopEveryUpdate && p.Event is null)
                        stop.Cancel();
                });
                if (!result.Completed)
                    model.Initialize(99); // the checkpoint must bring all back
            }
            while (!result.Completed);
            return [.. model.parameters().SelectMany(p => p.bytes.ToArray())];
        }
    }

    [Fact]
    public void Run_AdapterOnBFloat16_LeavesTheModelBitIdentical()
    {
        using var model = TinyModel.Create();
        using var adapter = new LoraAdapter(model, rank: 2, alpha: 4, seed: 1);
        byte[] Bits() => [.. model.parameters().SelectMany(p => p.bytes.ToArray())];
        var before = Bits();

        Train(model, [TinyModel.ColourTask()], [24], adapter, Options with { Precision = TrainingPrecision.BFloat16 });

        Assert.Equal(before, Bits());
        Assert.All(model.parameters(), p => Assert.True(p.requires_grad));
        Assert.Contains(adapter.NamedParameters().Where(p => p.Name.Contains("lora_B", StringComparison.Ordinal)), p => p.Parameter.abs().max().ToDouble() > 0);
    }

    [Fact]
    public void Run_OptionsOutOfRange_NamesAllOfThem()
    {
        using var model = TinyModel.Create();

        var message = Assert.Throws<ArgumentException>(() =>
            Train(model, [TinyModel.ColourTask()], [8], options: Options with { MicroBatchTokens = 0, WarmupShare = 1.5, LearningRate = double.NaN })).Message;

        Assert.Contains("MicroBatchTokens is 0; it must lie between 1 and", message, StringComparison.Ordinal);
        Assert.Contains("WarmupShare is 1.5; it must lie between 0 and 1.", message, StringComparison.Ordinal);
        Assert.Contains("LearningRate is NaN", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_SmallerMicroBatches_MakeTheSameUpdates()
    {
        var whole = Losses(2048);
        var parts = Losses(48); // one row after another

        Assert.Equal(6, whole.Count);
        Assert.All(whole.Zip(parts), pair => Assert.Equal(pair.First, pair.Second, 1e-4));

        List<double> Losses(int microBatchTokens)
        {
            using var model = TinyModel.Create();
            var losses = new List<double>();
            Train(model, [TinyModel.ColourTask(), TinyModel.EchoTask()], [24, 24], options: Options with { MicroBatchTokens = microBatchTokens }, name: $"m{microBatchTokens}", progress: p => losses.AddRange(p.Event is null ? [p.Loss] : []));
            return losses;
        }
    }

    [Fact]
    public void Run_DamagedCheckpoint_SaysSoAndUsesTheOneBefore()
    {
        using var model = TinyModel.Create();
        var steps = 0;
        using var stop = new CancellationTokenSource();
        Train(model, [TinyModel.ColourTask()], [80], options: Options with { CheckpointInterval = TimeSpan.Zero }, cancellationToken: stop.Token, progress: p =>
        {
            if (p.Event is null && ++steps == 4)
                stop.Cancel();
        });
        var path = Directory.GetFiles(_folder.Path, "training.safetensors.step-*").Order(StringComparer.Ordinal).Last();
        var bytes = File.ReadAllBytes(path);
        bytes[^5] ^= 1;
        File.WriteAllBytes(path, bytes);
        var events = new List<string>();

        var result = Train(model, [TinyModel.ColourTask()], [80], progress: p =>
        {
            if (p.Event is not null)
                events.Add(p.Event);
        });

        Assert.True(result.Completed);
        Assert.Contains("the file is damaged", events[0], StringComparison.Ordinal);
        Assert.Equal("Resumed after 24 of 80 examples.", events[1]);
    }

    [Fact]
    public void Run_CheckpointOfAnotherTraining_IsNotUsed()
    {
        using var model = TinyModel.Create();
        using (var stop = new CancellationTokenSource())
            Train(model, [TinyModel.ColourTask()], [80], cancellationToken: stop.Token, progress: _ => stop.Cancel());
        var events = new List<string?>();

        FineTuner.Run(
            model, null, TinyModel.Prompts, [TinyModel.ColourTask()], [16], Options, _folder.File("training.safetensors"), "another", p => events.Add(p.Event), CancellationToken.None);

        Assert.Contains(events, e => e?.Contains("another training", StringComparison.Ordinal) == true);
        Assert.Contains(events, e => e?.Contains("starts from the beginning", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData(LongRows.Drop)]
    [InlineData(LongRows.Truncate)]
    [InlineData(LongRows.Stop)]
    public void Run_RowsLongerThanTheLimit_AreTreatedAsAskedAndCounted(LongRows longRows)
    {
        using var model = TinyModel.Create();
        var task = TinyModel.ColourTask();
        task = task with { Train = [.. task.Train, new Example("long", string.Join(' ', Enumerable.Repeat("song", 80)), null, "red", [])] };
        FineTuningResult Run() => Train(model, [task], [25], options: Options with { LongRows = longRows });

        if (longRows == LongRows.Stop)
            Assert.Contains("row long has", Assert.Throws<InvalidDataException>(Run).Message, StringComparison.Ordinal);
        else
            Assert.Equal(1, Run().RowsCut["colour"]);
    }

    [Fact]
    public void Run_LearningRateFarTooHigh_SaysThatItDiverged()
    {
        using var model = TinyModel.Create();

        Assert.Throws<TrainingDivergedException>(() =>
            Train(model, [TinyModel.ColourTask()], [400], options: Options with { LearningRate = 1e30, ClipNorm = 0, Validations = 0 }));
    }

    [Fact]
    public void Run_OneUpdateWithoutANumber_IsLeftOutAndTheTrainingGoesOn()
    {
        using var model = TinyModel.Create();
        var weight = model.named_parameters().Single(p => p.name == "model.norm.weight").parameter;
        var events = new List<string>();
        var updates = 0;

        var result = Train(model, [TinyModel.ColourTask()], [80], progress: p =>
        {
            using var noGrad = no_grad();
            if (p.Event is not null)
            {
                events.Add(p.Event);
                weight.fill_(1);
            }
            else if (++updates == 3)
            {
                weight.fill_(double.NaN);
            }
        });

        Assert.True(result.Completed);
        Assert.Equal(1, result.SkippedUpdates);
        Assert.Equal(80, result.Examples);
        Assert.All(result.ValidationLosses.Values, loss => Assert.True(double.IsFinite(loss)));
        Assert.Single(events, e => e.StartsWith("Update 4 was left out: its loss or gradient is no number", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_WeightsThatAreNoNumbers_NeverReplaceAGoodCheckpoint()
    {
        using var model = TinyModel.Create();
        var options = Options with { CheckpointInterval = TimeSpan.Zero, Validations = 0 };
        var weight = model.named_parameters().Single(p => p.name == "model.norm.weight").parameter;
        var updates = 0;

        var error = Assert.Throws<TrainingDivergedException>(() => Train(model, [TinyModel.ColourTask()], [80], options: options, progress: p =>
        {
            using var noGrad = no_grad();
            if (p.Event is null && ++updates == 3)
                weight.fill_(double.PositiveInfinity);
        }));

        Assert.Contains("model.norm.weight holds values that are no numbers", error.Message, StringComparison.Ordinal);
        string? first = null;
        Train(model, [TinyModel.ColourTask()], [80], options: options, progress: p => first ??= p.Event);
        Assert.Equal("Resumed after 16 of 80 examples.", first);
        Assert.All(model.parameters(), p => Assert.True(p.isfinite().all().item<bool>()));
    }

    [Fact]
    public void Run_ManySteps_LeavesNoTensorBehind()
    {
        using var model = TinyModel.Create();
        Train(model, [TinyModel.ColourTask()], [24], name: "warm");

        var few = Growth(() => Train(model, [TinyModel.ColourTask()], [24], name: "few"));
        var many = Growth(() => Train(model, [TinyModel.ColourTask()], [160], name: "many"));

        Assert.Equal(few, many);
    }

    private static long Growth(Action action)
    {
        // What other tests left to the garbage collector must not go meanwhile.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        action();
        return Tensor.TotalCount - before;
    }

    private static double LossWith(CausalLanguageModel model, LoraAdapter adapter, TaskData task)
    {
        using var used = adapter.Use(model);
        return Evaluator.Loss(model, TinyModel.Prompts, task.Spec, task.Test, 48);
    }

    private FineTuningResult Train(
        CausalLanguageModel model,
        IReadOnlyList<TaskData> tasks,
        IReadOnlyList<long> counts,
        LoraAdapter? adapter = null,
        TrainingOptions? options = null,
        string name = "training",
        Action<FineTuningProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        FineTuner.Run(
            model, adapter, TinyModel.Prompts, tasks, counts, options ?? Options, _folder.File(name + ".safetensors"), "test", progress ?? (_ => { }), cancellationToken);
}
