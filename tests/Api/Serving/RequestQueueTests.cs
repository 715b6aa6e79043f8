using Platform.Api.Serving;

namespace Platform.Api.Tests.Serving;

public sealed class RequestQueueTests
{
    private static QueuedRequest Request(int inputs) =>
        new(TestTasks.Sentiment, [.. Enumerable.Range(0, inputs).Select(i => new QueuedInput($"{i}", null, 10))]);

    [Fact]
    public void TryAdd_FullInInputs_RefusesUntilSomeWereTaken()
    {
        var queue = new RequestQueue(capacity: 5);

        Assert.True(queue.TryAdd(Request(3)));
        Assert.False(queue.TryAdd(Request(3)));
        Assert.True(queue.TryAdd(Request(2)));
        Assert.Equal(5, queue.WaitingInputs);
        Assert.Single(queue.Take(1));
        Assert.True(queue.TryAdd(Request(1)));
    }

    [Fact]
    public void Take_SeveralRequests_FillsTheStepInOrderAndCutsTheLastOne()
    {
        var queue = new RequestQueue(100);
        var (first, second) = (Request(2), Request(3));
        queue.TryAdd(first);
        queue.TryAdd(second);

        var step = queue.Take(4);

        Assert.Equal([(first, 0), (first, 1), (second, 0), (second, 1)], step.Select(slot => (slot.Request, slot.Index)));
        Assert.Equal([(second, 2)], queue.Take(4).Select(slot => (slot.Request, slot.Index)));
        Assert.Equal(0, queue.WaitingInputs);
    }

    [Fact]
    public async Task GiveUp_StillWaiting_LeavesTheQueueAtOnce()
    {
        var queue = new RequestQueue(5);
        var request = Request(5);
        queue.TryAdd(request);

        queue.GiveUp(request);

        var outcome = await request.Outcome;
        Assert.True(outcome.Cancelled);
        Assert.Null(outcome.By);
        Assert.Equal(0, queue.WaitingInputs);
        Assert.True(queue.TryAdd(Request(5)));
    }

    [Fact]
    public async Task GiveUp_PartlyTaken_IsDroppedAtTheNextTake()
    {
        var queue = new RequestQueue(100);
        var request = Request(3);
        queue.TryAdd(request);
        queue.Take(1);

        queue.GiveUp(request);

        Assert.False(request.Outcome.IsCompleted);
        Assert.Empty(queue.Take(8));
        Assert.True((await request.Outcome).Cancelled);
        Assert.Equal(0, queue.WaitingInputs);
    }

    [Fact]
    public void Close_WithRequestsWaiting_ServesThemButTakesNoMore()
    {
        var queue = new RequestQueue(100);
        queue.TryAdd(Request(1));

        queue.Close();

        Assert.False(queue.TryAdd(Request(1)));
        Assert.False(queue.IsFinished);
        Assert.Single(queue.Take(8));
        Assert.True(queue.IsFinished);
    }
}
