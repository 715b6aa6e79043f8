using Platform.Engine.Kernels;

namespace Platform.Engine.Tests.Kernels;

public sealed class ThreadTeamTests
{
    [Fact]
    public void Run_ManyRegions_DoesEveryChunkOnce()
    {
        using var team = new ThreadTeam(3);
        for (var round = 0; round < 3_000; round++)
        {
            var work = new Count(round % 37);
            team.Run(work, work.Done.Length);
            Assert.All(work.Done, times => Assert.Equal(1, times));
        }
    }

    [Fact]
    public void Run_AfterASleep_WakesTheOthers()
    {
        using var team = new ThreadTeam(2);
        for (var round = 0; round < 5; round++)
        {
            Assert.True(SpinWait.SpinUntil(() => team.Asleep == 1, TimeSpan.FromSeconds(30)));
            var work = new Meet();
            team.Run(work, 2); // ends only when two threads are in it at once
        }
    }

    [Fact]
    public void Run_ChunkThrows_ThrowsAtTheCaller()
    {
        using var team = new ThreadTeam(2);

        var failure = Assert.Throws<InvalidOperationException>(() => team.Run(new Broken(), 8));

        Assert.IsType<NotSupportedException>(failure.InnerException);
        var after = new Count(10);
        team.Run(after, 10);
        Assert.All(after.Done, times => Assert.Equal(1, times));
    }

    private sealed class Count(int chunks) : ParallelWork
    {
        public int[] Done { get; } = new int[chunks];

        public override void Do(int chunk, int thread) => Interlocked.Increment(ref Done[chunk]);
    }

    private sealed class Meet : ParallelWork
    {
        private readonly Barrier _barrier = new(2);

        public override void Do(int chunk, int thread) => Assert.True(_barrier.SignalAndWait(TimeSpan.FromSeconds(30)));
    }

    private sealed class Broken : ParallelWork
    {
        public override void Do(int chunk, int thread) => throw new NotSupportedException();
    }
}
