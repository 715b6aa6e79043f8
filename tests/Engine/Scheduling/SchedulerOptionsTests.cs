using Platform.Engine.Scheduling;

namespace Platform.Engine.Tests.Scheduling;

public class SchedulerOptionsTests
{
    private static readonly SchedulerOptions Valid = new() { Blocks = 8 };

    [Fact]
    public void Problems_Defaults_AreNone() => Assert.Empty(Valid.Problems());

    public static TheoryData<SchedulerOptions, string> Wrong => new()
    {
        { Valid with { BlockTokens = 0 }, "BlockTokens is 0; it must be 1 to 4096." },
        { Valid with { Blocks = 0 }, "Blocks is 0; it must be 1 to 134217727." },
        { Valid with { MaxStepSequences = 0 }, "MaxStepSequences is 0; it must be 1 to 65536." },
        { Valid with { MaxStepTokens = 63 }, "MaxStepTokens is 63; it must be 64 to 16777216." },
        { Valid with { PrefillChunkTokens = 0 }, "PrefillChunkTokens is 0; it must be 1 to 16777216." },
        { Valid with { MaxWaiting = 0 }, "MaxWaiting is 0; it must be 1 to 16777216." },
        { Valid with { ClassDelayArrivals = -1 }, "ClassDelayArrivals is -1; it must be 0 to 16777216." },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Problems_ValueOutOfRange_NamesFieldValueAndRange(SchedulerOptions options, string expected) =>
        Assert.Equal(expected, Assert.Single(options.Problems()));

    [Fact]
    public void Scheduler_SeveralProblems_NamesAllOfThem()
    {
        var exception = Assert.Throws<ArgumentException>(() => new Scheduler(Valid with { Blocks = 0, MaxWaiting = 0 }));

        Assert.Contains("Blocks is 0", exception.Message, StringComparison.Ordinal);
        Assert.Contains("MaxWaiting is 0", exception.Message, StringComparison.Ordinal);
    }
}
