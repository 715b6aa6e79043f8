using Platform.Domain.Runs;
using Platform.Engine.Training;
using Platform.Jobs.Runs;

namespace Platform.Jobs.Tests.Runs;

public sealed class RunFailuresTests
{
    private const int NoSpace = 28;

    private static RunStep Step(RunStepKind kind) => new() { RunId = Guid.NewGuid(), Ordinal = 1, Kind = kind };

    [Fact]
    public void Describe_DiskFull_SaysHowMuchToFreeWhereAndThatItGoesOn()
    {
        var folder = Directory.CreateTempSubdirectory("platform-full-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "checkpoint.safetensors"), new byte[1000]);

            var sentence = RunFailures.Describe(new IOException("No space left on device", NoSpace), Step(RunStepKind.Stage3), null, folder);

            Assert.StartsWith("In stage 3: the disk is full", sentence, StringComparison.Ordinal);
            Assert.Contains($"'{folder}'", sentence);
            Assert.Contains("needs about 64 MiB", sentence);
            Assert.Contains("try the run again; the last checkpoint is kept", sentence);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Describe_Diverged_NamesTaskAndSetting()
    {
        var sentence = RunFailures.Describe(new TrainingDivergedException("The gradient was not a number."), Step(RunStepKind.Adapter), "hotel-mood", "/nowhere");

        Assert.StartsWith("In the adapter's training of hotel-mood: The gradient was not a number.", sentence, StringComparison.Ordinal);
        Assert.Contains("adapterLearningRate", sentence);
    }

    [Fact]
    public void Describe_NotEnoughMemoryForARow_SaysWhatWasTooLarge()
    {
        var error = new TrainingMemoryException("There is not enough memory for a single row of 256 tokens at a time.", new IOException("no memory"));

        Assert.Equal("In stage 2: There is not enough memory for a single row of 256 tokens at a time.", RunFailures.Describe(error, Step(RunStepKind.Stage2), null, "/nowhere"));
    }

    [Fact]
    public void Describe_AllocationThatFailed_SaysWhatToLower()
    {
        // libtorch's own error.
        var error = Assert.ThrowsAny<Exception>(() => TorchSharp.torch.empty(1L << 50));

        var sentence = RunFailures.Describe(error, Step(RunStepKind.Evaluate), null, "/nowhere");

        Assert.StartsWith("In the evaluation: there was not enough memory. Lower batchExamples or maxTokens", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_UnexpectedError_SaysWhereTheDetailsAre()
    {
        var sentence = RunFailures.Describe(new InvalidOperationException("odd"), null, null, "/nowhere");

        Assert.Equal("Before the first step: an unexpected error (InvalidOperationException: odd.) Its details are in the log of Jobs. Try the run again; it goes on from its last checkpoint.", sentence);
    }
}
