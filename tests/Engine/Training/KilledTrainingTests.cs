using System.Diagnostics;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.Training;

/// <summary>Real processes, killed with SIGKILL at random moments: fifty in all.</summary>
public sealed class KilledTrainingTests : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(15); // an update with its checkpoint takes about as long

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("weights", 18)]
    [InlineData("adapter", 16)]
    [InlineData("pretraining", 16)]
    public async Task Run_KilledAtRandomMomentsAndResumed_EndsBitIdenticalToTheUninterruptedOne(string kind, int kills)
    {
        using var whole = await ChildTraining.RunAsync(Arguments(kind, "whole"));
        Assert.NotNull(whole.Weights);
        var random = new SeededRandom(50);
        var (killed, writing) = (0, 0);

        // Should one training be over before all kills have happened, and one of them in the middle of a file, another begins.
        for (var training = 0; killed < kills || writing == 0; training++)
        {
            ChildTraining last;
            do
            {
                last = new ChildTraining(Arguments(kind, $"killed-{training}"));
                if (killed >= kills && writing > 0)
                    await last.EndAsync();
                else
                    killed += await KillAtRandomMomentAsync(last, random) ? 1 : 0;
                writing += Directory.GetFiles(_folder.Path, "*.tmp").Length;
                last.Dispose();
            }
            while (last.Weights is null && last.Failure is null);

            Assert.Null(last.Failure);
            Assert.Equal(whole.Outcome, last.Outcome);
        }

        TestContext.Current.SendDiagnosticMessage($"{kind}: {killed} kills, {writing} of them while a checkpoint was being written");
    }

    [Theory]
    [InlineData("weights", 1)]
    [InlineData("adapter", 1)]
    [InlineData("pretraining", 1)]
    [InlineData("weights", 2)]
    public async Task Run_SameSeedInTwoProcesses_GivesTheSameBits(string kind, int threads)
    {
        string[] more = [$"threads={threads}", "interval=1000"];
        using var first = await ChildTraining.RunAsync([.. Arguments(kind, "first"), .. more]);
        using var second = await ChildTraining.RunAsync([.. Arguments(kind, "second"), .. more]);
        using var other = await ChildTraining.RunAsync([.. Arguments(kind, "other"), .. more, "seed=4"]);

        Assert.NotNull(first.Weights);
        Assert.Equal(first.Outcome, second.Outcome);
        Assert.NotEqual(first.Weights, other.Weights);
    }

    private async Task<bool> KillAtRandomMomentAsync(ChildTraining child, SeededRandom random)
    {
        var updates = random.Next(4);
        var wait = random.NextDouble() * LongestWait;
        var duringWrite = random.Next(3) == 0;
        await child.ReadyAsync();
        await child.UpdatesAsync(updates);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < wait;)
        {
            if (duringWrite && Directory.EnumerateFiles(_folder.Path, "*.tmp").Any())
                break;
            Thread.SpinWait(20); // a timer is too coarse
        }

        return await child.KillAsync();
    }

    private string[] Arguments(string kind, string name) => [$"kind={kind}", $"path={_folder.File(name)}", "updates=60"];
}
