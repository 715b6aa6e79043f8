using Platform.Engine.Training;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Training;

/// <summary>Memory is taken away by asking libtorch for more than any machine has, so its own errors are the ones handled.</summary>
public sealed class MicroBatchTests
{
    private const long NoMachineHas = 1L << 50;

    private readonly List<string> _events = [];

    [Fact]
    public void Run_TooMuchAtOnce_HalvesUntilItFitsAndUndoesEachAttempt()
    {
        var batch = new MicroBatch(2048, _events.Add);
        var undone = 0;

        var used = batch.Run(Rows(100, 20, 7), tokens => Needs(tokens, limit: 800), () => undone++);

        Assert.Equal((500, 500, 2), (used, batch.Tokens, undone));
        Assert.Equal(2, _events.Count);
        Assert.StartsWith("Memory ran out with 2,000 tokens at a time; the training goes on with 1,000.", _events[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NextBatch_BeginsWithWhatFitted()
    {
        var batch = new MicroBatch(2048, _events.Add);
        batch.Run(Rows(100, 20, 7), tokens => Needs(tokens, limit: 600), () => { });

        Assert.Equal(500, batch.Run(Rows(100, 20, 7), tokens => Needs(tokens, limit: 600), () => Assert.Fail("nothing to undo")));
    }

    [Fact]
    public void Run_NotEvenOneRowFits_SaysWhatToDo()
    {
        var batch = new MicroBatch(2048, _events.Add);
        var undone = 0;

        var error = Assert.Throws<TrainingMemoryException>(() => batch.Run(Rows(4, 30, 300), tokens => Needs(tokens, limit: 10), () => undone++));

        Assert.Contains("not enough memory for a single row of 300 tokens", error.Message, StringComparison.Ordinal);
        Assert.Contains("Lower maxTokens", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, undone); // with all 390 tokens and with the longest row's 300
        Assert.True(MemoryShortage.IsCauseOf(error.InnerException));
    }

    [Fact]
    public void Run_AnotherError_IsNotTriedAgain()
    {
        var batch = new MicroBatch(2048, _events.Add);
        var calls = 0;

        Assert.Throws<InvalidOperationException>(() => batch.Run<int>(Rows(4, 30), _ => throw new InvalidOperationException($"call {++calls}"), () => { }));

        Assert.Equal(1, calls);
        Assert.Equal(2048, batch.Tokens);
    }

    [Fact]
    public async Task Training_ThatGetsLittleMemory_GoesOnWithSmallerPassesToTheSameResult()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("The limit on a process's memory is set as Linux does it.");
        using var folder = new TemporaryFolder();
        string[] arguments = ["kind=weights", "updates=3", "batch=800", "micro=32768", "validations=1"];
        using var whole = await ChildTraining.RunAsync([.. arguments, $"path={folder.File("whole")}"]);

        using var small = await ChildTraining.RunAsync([.. arguments, $"path={folder.File("small")}", "megabytes=128"]);

        Assert.True(small.Weights is not null, small.Failure);
        Assert.Contains(small.Events, e => e.StartsWith("Memory ran out", StringComparison.Ordinal));
        Assert.DoesNotContain(whole.Events, e => e.StartsWith("Memory ran out", StringComparison.Ordinal));
        Assert.All(Losses(whole).Zip(Losses(small)), pair => Assert.Equal(pair.First, pair.Second, 3));
    }

    private static IEnumerable<double> Losses(ChildTraining training) => training.Outcome
        .Where(line => line.StartsWith("loss ", StringComparison.Ordinal))
        .Select(line => double.Parse(line.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture));

    private static int Needs(int tokens, int limit)
    {
        using var scope = NewDisposeScope();
        _ = tokens > limit ? empty(NoMachineHas) : empty(1);
        return tokens;
    }

    /// <param name="count">How many rows.</param>
    /// <param name="length">Tokens of each.</param>
    /// <param name="longer">Tokens of the last one, if it is longer.</param>
    private static List<TokenizedRow> Rows(int count, int length, int longer = 0) =>
        [.. Enumerable.Range(1, count).Select(i => new TokenizedRow(new int[i == count ? Math.Max(length, longer) : length], 3))];
}
