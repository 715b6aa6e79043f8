namespace Platform.Engine.Tests.Scheduling;

public class SchedulerTraceTests
{
    [Fact]
    public void Schedule_RandomHistories_KeepEveryGuarantee()
    {
        var (operations, preemptions, hits) = (0, 0L, 0L);
        for (var seed = 0; seed < 150; seed++)
        {
            var trace = new SchedulerTrace(seed);
            trace.Run(120);
            operations += trace.Operations;
            preemptions += trace.Counts.Preemptions;
            hits += trace.Counts.HitTokens;
        }

        // The histories reach what they are meant to test.
        Assert.True(operations > 15_000 && preemptions > 200 && hits > 3_000, $"{operations} operations, {preemptions} preemptions, {hits} hit tokens.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Schedule_HashesThatCollide_KeepEveryGuarantee(int hashes)
    {
        var hits = 0L;
        for (var seed = 0; seed < 40; seed++)
        {
            var trace = new SchedulerTrace(seed, (parent, tokens) => (parent + (ulong)tokens.Sum()) % (ulong)hashes);
            trace.Run(100);
            hits += trace.Counts.HitTokens;
        }

        Assert.True(hits > 0);
    }
}
