using Platform.Engine.Models;
using Platform.Engine.MultiTask.Filtering;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.MultiTask.Filtering;

public sealed class LoraProbeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_InterruptedAndCalledAgain_GivesTheSameRecord()
    {
        var straight = LoraProbe.Run(Work("straight"), _ => { }, TestContext.Current.CancellationToken);
        for (var stopAt = 2; stopAt < 8; stopAt += 2)
        {
            var (calls, name) = (0, $"resumed-{stopAt}");
            using var stop = new CancellationTokenSource();
            Assert.Throws<OperationCanceledException>(() => LoraProbe.Run(Work(name), _ =>
            {
                if (++calls == stopAt)
                    stop.Cancel();
            }, stop.Token));

            var resumed = LoraProbe.Run(Work(name), _ => { }, TestContext.Current.CancellationToken);

            Assert.Equal(straight.Tasks.Select(t => t.Train.Gradients), resumed.Tasks.Select(t => t.Train.Gradients));
            Assert.Equal(straight.Moments.Select(m => m.Examples), resumed.Moments.Select(m => m.Examples));
            Assert.Equal(straight.Moments.SelectMany(m => m.After).SelectMany(a => a), resumed.Moments.SelectMany(m => m.After).SelectMany(a => a));
        }
    }

    [Fact]
    public void Load_AfterRun_IsTheSameRecordAndIsNotMadeAgain()
    {
        var made = LoraProbe.Run(Work("probe"), _ => { }, TestContext.Current.CancellationToken);
        var updates = 0;
        var again = LoraProbe.Run(Work("probe"), _ => updates++, TestContext.Current.CancellationToken);
        var loaded = ProbeRecord.Load(_folder.File("probe"));

        Assert.Equal(0, updates);
        Assert.Equal(made.Tasks.Select(t => t.Name), loaded.Tasks.Select(t => t.Name));
        Assert.Equal(made.Tasks.SelectMany(t => t.Validation.Gradients), loaded.Tasks.SelectMany(t => t.Validation.Gradients));
        Assert.Equal(made.Tasks.SelectMany(t => t.Validation.Losses), again.Tasks.SelectMany(t => t.Validation.Losses));
        Assert.Equal(made.Options, loaded.Options);
        Assert.True(loaded.Cost is { TrainingTokens: > 0, AffinityTokens: > 0, GradientTokens: > 0 });
        using var model = TinyModel.Create();
        using var adapter = Engine.Checkpoints.PeftFolder.Load(ProbeRecord.Adapter(_folder.File("probe")), model);
        Assert.Equal(4, adapter.Rank);
    }

    [Fact]
    public void Run_Moments_AreMeasuredAsOftenAsAsked() =>
        Assert.Equal(2, LoraProbe.Run(Work("moments"), _ => { }, TestContext.Current.CancellationToken).Moments.Count);

    private ProbeWork Work(string name) => new(
        () => TinyModel.Create(), TinyModel.Prompts, [TinyModel.ColourTask(), TinyModel.EchoTask()],
        new FilterOptions { Examples = 48, Moments = 2, StepRows = 2, MeasureRows = 2, ProjectionSize = 16, GradientTrainRows = 8, GradientValidationRows = 6, Resamples = 10 },
        new LoraOptions { Rank = 4, Alpha = 8 }, new TrainingOptions { LearningRate = 5e-3, BatchExamples = 8, MaxTokens = 48 }, _folder.File(name), "probe");
}
