using Hangfire;
using Hangfire.InMemory;
using Hangfire.Logging;
using Hangfire.States;
using Platform.Jobs.Dispatch;

namespace Platform.Jobs.Tests.Dispatch;

[Collection(HangfireLog.Name)]
public sealed class WorkInHandTests : IDisposable
{
    private readonly InMemoryStorage storage = NewStorage();
    private readonly Clock clock = new();
    private readonly Guid id = Guid.NewGuid();

    [Fact]
    public void TryBegin_WhileItsJobIsInTheQueue_IsRefusedToEveryHost()
    {
        Assert.NotNull(NewHost().TryBegin(id, Enqueue));

        Assert.Null(NewHost().TryBegin(id, Enqueue));
    }

    [Fact]
    public void TryBegin_AfterTheEndOnAnotherHost_IsFree()
    {
        Assert.NotNull(NewHost().TryBegin(id, Enqueue));
        NewHost().End(id, TimeSpan.Zero);

        Assert.NotNull(NewHost().TryBegin(id, Enqueue));
    }

    [Fact]
    public void TryBegin_AfterItBrokeOff_WaitsForThePause()
    {
        var work = NewHost();
        Finish(work.TryBegin(id, Enqueue)!);
        work.End(id, TimeSpan.FromSeconds(30));

        Assert.Null(NewHost().TryBegin(id, Enqueue));
        clock.Now += TimeSpan.FromSeconds(31);
        Assert.NotNull(NewHost().TryBegin(id, Enqueue));
        Assert.Null(NewHost().TryBegin(id, Enqueue));
    }

    [Fact]
    public void TryBegin_JobThatAHostTookAndNeverClaimed_IsHandedOverAgainAfterAWhile()
    {
        var job = NewHost().TryBegin(id, Enqueue)!;
        Change(job, (IState)Activator.CreateInstance(
            typeof(ProcessingState), System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic, null, ["host", "worker"], null)!);

        Assert.Null(NewHost().TryBegin(id, Enqueue));
        clock.Now += TimeSpan.FromSeconds(20);
        Assert.NotNull(NewHost().TryBegin(id, Enqueue));
    }

    public void Dispose() => storage.Dispose();

    private static InMemoryStorage NewStorage()
    {
        LogProvider.SetCurrentLogProvider(null); // it may be that of a host which an earlier test has ended
        return new InMemoryStorage();
    }

    private WorkInHand NewHost() => new(storage, clock);

    private string Enqueue() => new BackgroundJobClient(storage).Enqueue(() => GC.KeepAlive(null));

    private void Finish(string job) => Change(job, new DeletedState());

    private void Change(string job, IState state) => Assert.True(new BackgroundJobClient(storage).ChangeState(job, state));

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
