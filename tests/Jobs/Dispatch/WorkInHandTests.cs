using Platform.Jobs.Dispatch;

namespace Platform.Jobs.Tests.Dispatch;

public sealed class WorkInHandTests
{
    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }

    [Fact]
    public void TryBegin_WhileInHand_IsRefusedAndFreeAfterItsEnd()
    {
        var work = new WorkInHand(new Clock());
        var id = Guid.NewGuid();

        Assert.True(work.TryBegin(id));
        Assert.False(work.TryBegin(id));
        work.End(id, TimeSpan.Zero);
        Assert.True(work.TryBegin(id));
    }

    [Fact]
    public void TryBegin_AfterItBrokeOff_WaitsForThePause()
    {
        var clock = new Clock();
        var work = new WorkInHand(clock);
        var id = Guid.NewGuid();
        work.TryBegin(id);
        work.End(id, TimeSpan.FromSeconds(30));

        Assert.False(work.TryBegin(id));
        clock.Now += TimeSpan.FromSeconds(31);
        Assert.True(work.TryBegin(id));
        Assert.False(work.TryBegin(id));
    }
}
