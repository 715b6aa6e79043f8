namespace Platform.Engine.Tests.Training;

/// <summary>Trainings in processes whose files cannot grow for a while, which is what a full disk looks like to them.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("weights")]
    [InlineData("pretraining")]
    public async Task Run_DiskFullForAWhile_GoesOnSaysSoOnceAndEndsTheSame(string kind)
    {
        Skip();
        using var whole = await ChildTraining.RunAsync(Arguments(kind, "whole"));

        using var troubled = await ChildTraining.RunAsync([.. Arguments(kind, "troubled"), "full-disk-from=4", "full-disk-to=14"]);

        Assert.Equal(whole.Outcome, troubled.Outcome);
        Assert.Contains("could not be written", Assert.Single(troubled.Events, e => e.Contains("could not be written", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Single(troubled.Events, e => e == "Checkpoints can be written again.");
    }

    [Fact]
    public async Task Run_DiskFullToTheEnd_FailsThereAndGoesOnFromTheCheckpointBefore()
    {
        Skip();
        using var whole = await ChildTraining.RunAsync(Arguments("weights", "whole"));

        using var failed = await ChildTraining.RunAsync([.. Arguments("weights", "troubled"), "full-disk-from=9"]);

        Assert.Null(failed.Weights);
        Assert.StartsWith("IOException", failed.Failure, StringComparison.Ordinal);
        Assert.Equal(20, failed.Updates); // all of them: the work is done, only the last checkpoint is missing
        using var resumed = await ChildTraining.RunAsync(Arguments("weights", "troubled"));
        Assert.Equal("Resumed after 32 of 80 examples.", resumed.Events[0]);
        Assert.Equal(whole.Outcome, resumed.Outcome);
    }

    private static void Skip()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("The limit on a process's files is set as Linux does it.");
    }

    private string[] Arguments(string kind, string name) => [$"kind={kind}", $"path={_folder.File(name)}", "updates=20"];
}
