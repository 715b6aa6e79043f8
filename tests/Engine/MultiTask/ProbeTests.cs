using Platform.Engine.MultiTask;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.MultiTask;

public sealed class ProbeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Judge_MixtureClearlyWorse_Isolates()
    {
        double[] alone = [.. Enumerable.Range(0, 60).Select(i => 1 + 0.01 * (i % 7))];
        double[] mixture = [.. alone.Select(l => l * 1.3)];

        var evidence = Probe.Judge("t", 100, alone, mixture, new ProbeOptions(100, Tolerance: 0.05, ExamplesMin: 100), seed: 1);

        Assert.True(evidence.Isolate);
        Assert.StartsWith("Left out", evidence.Sentence, StringComparison.Ordinal);
        Assert.InRange(evidence.Difference.Value, 0.29, 0.31);
    }

    [Fact]
    public void Judge_ClearlyWorseAfterFewExamples_KeepsAndSaysSo()
    {
        double[] alone = [.. Enumerable.Repeat(1.0, 60)];

        var evidence = Probe.Judge("t", 99, alone, [.. alone.Select(l => l * 1.3)], new ProbeOptions(99, Tolerance: 0.05, ExamplesMin: 100), seed: 1);

        Assert.False(evidence.Isolate);
        Assert.Contains("99 examples of it are too few", evidence.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_WorseButNotProven_Keeps()
    {
        double[] alone = [1, 2, 1, 2, 1, 2];
        double[] mixture = [2, 1, 2, 1.4, 1.2, 2];

        Assert.False(Probe.Judge("t", 100, alone, mixture, new ProbeOptions(100, Tolerance: 0.05, ExamplesMin: 100), seed: 1).Isolate);
    }

    [Fact]
    public void Run_InterruptedAndCalledAgain_GivesTheSameEvidence()
    {
        var options = new TrainingOptions { LearningRate = 5e-3, BatchExamples = 8, MaxTokens = 48 };
        var tasks = new[] { TinyModel.ColourTask(), TinyModel.EchoTask() };
        IReadOnlyList<ProbeEvidence> Run(string name, Action<FineTuningProgress> progress, CancellationToken token) =>
            Probe.Run(() => TinyModel.Create(), TinyModel.Prompts, tasks, new ProbeOptions(48, 0.05, 1), options, _folder.File(name), "probe", progress, token);

        var straight = Run("straight", _ => { }, default);
        var calls = 0;
        using (var stop = new CancellationTokenSource())
        {
            Assert.Throws<OperationCanceledException>(() => Run("resumed", _ =>
            {
                if (++calls == 8)
                    stop.Cancel();
            }, stop.Token));
        }

        var last = 0L;
        var resumed = Run("resumed", p => last = p.ExamplesDone, default);

        Assert.Equal(straight, resumed);
        Assert.Equal(96, last);
        Assert.Equal(["colour", "echo"], straight.Select(e => e.Task));
    }
}
