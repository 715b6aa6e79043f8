using System.Text.RegularExpressions;

namespace Platform.EndToEnd.Tests;

[Collection("Platforms run one at a time: each of them trains")]
public sealed partial class FirstStartTests
{
    [Fact]
    public async Task Start_OnAnEmptyFolder_TrainsDeploysAndCallsTheSamples_AndASecondStartFindsEverything()
    {
        var work = Directory.CreateTempSubdirectory("platform-e2e-");
        var data = Path.Combine(work.FullName, "data");
        TinyWorkspace.WriteTo(Directory.CreateDirectory(Path.Combine(work.FullName, "samples")).FullName);
        string[] arguments = ["--once", "--samples", Path.Combine(work.FullName, "samples")];

        await using (var first = RunningPlatform.Start(data, arguments))
        {
            Assert.True(await first.WaitForEndAsync() == 0, first.Output);
            Assert.Contains("one-time password", first.Output, StringComparison.Ordinal);
            Assert.Matches(TaskRow(), first.Output);
            Assert.Contains("curl ", first.Output, StringComparison.Ordinal);
            Assert.Matches(CostRow(), first.Output);
            Assert.Contains("Serving overhead saved", first.Output, StringComparison.Ordinal);
        }

        await using (var second = RunningPlatform.Start(data, arguments))
        {
            Assert.True(await second.WaitForEndAsync() == 0, second.Output);
            Assert.DoesNotContain("one-time password", second.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("Run ", second.Output, StringComparison.Ordinal);
        }

        var (code, usage) = await Clone.RunAsync(null, "usage", "--data", data, "--json");
        Assert.Equal(0, code);
        Assert.Contains("stay-mood", usage, StringComparison.Ordinal);
        Assert.Contains("visit-mood", usage, StringComparison.Ordinal);
        work.Delete(recursive: true);
    }

    [GeneratedRegex(@"stay-mood\s+│ 60\s+│ \d+\.\d\s+│ \d+\.\d")]
    private static partial Regex TaskRow();

    [GeneratedRegex(@"visit-mood\s+│\s+3\s+│.*\d\.\d{9} USD")]
    private static partial Regex CostRow();
}
