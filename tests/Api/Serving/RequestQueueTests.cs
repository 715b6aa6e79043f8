using Platform.Api.Serving;

namespace Platform.Api.Tests.Serving;

public sealed class RequestQueueTests
{
    private const string Other = TestTasks.Reply;

    private static QueuedRequest Request(int inputs, string task = TestTasks.Sentiment, int tokens = 10, RequestPriority priority = RequestPriority.Online, int weight = 1, long deadline = long.MaxValue) =>
        new(task, [.. Enumerable.Range(0, inputs).Select(i => new QueuedInput($"{i}", null, tokens))]) { Priority = priority, Weight = weight, Deadline = deadline };

    [Fact]
    public void Add_OneTaskFloods_GetsHalfOfTheQueueAndOthersStillGetIn()
    {
        var queue = new RequestQueue(capacity: 8);

        Assert.Null(queue.Add(Request(3)));
        Assert.Null(queue.Add(Request(1)));
        Assert.Equal(QueueRefusal.Full, queue.Add(Request(1)));
        Assert.Null(queue.Add(Request(2, Other)));
        Assert.Equal(QueueRefusal.Full, queue.Add(Request(1, Other)));
        Assert.Null(queue.Add(Request(1, TestTasks.Same)));
        Assert.Equal(7, queue.WaitingInputs);
        Assert.Equal(4, queue.Take(new(4)).Count);
        Assert.Null(queue.Add(Request(1)));
    }

    [Fact]
    public void Add_LargestRequestInAnEmptyQueue_IsTaken() => Assert.Null(new RequestQueue(capacity: 5).Add(Request(5)));

    [Fact]
    public void Add_BatchRequestsFillTheirPart_OnlineRequestsHaveAllOfTheirs()
    {
        var queue = new RequestQueue(capacity: 4);
        Assert.Null(queue.Add(Request(4, priority: RequestPriority.Batch)));

        Assert.Equal(QueueRefusal.Full, queue.Add(Request(1, priority: RequestPriority.Batch)));
        Assert.Null(queue.Add(Request(4)));
    }

    [Fact]
    public void Take_SeveralRequestsOfATask_FillsTheStepInOrderAndCutsTheLastOne()
    {
        var queue = new RequestQueue(100);
        var (first, second) = (Request(2), Request(3));
        queue.Add(first);
        queue.Add(second);

        var step = queue.Take(new(4));

        Assert.Equal([(first, 0), (first, 1), (second, 0), (second, 1)], step.Select(slot => (slot.Request, slot.Index)));
        Assert.Equal([(second, 2)], queue.Take(new(4)).Select(slot => (slot.Request, slot.Index)));
        Assert.Equal(0, queue.WaitingInputs);
    }

    [Fact]
    public void Take_TwoTasks_ShareTheTokensWhateverTheirInputsLength()
    {
        var queue = new RequestQueue(10_000);
        queue.Add(Request(200, tokens: 10));
        queue.Add(Request(200, Other, tokens: 50));

        var taken = TakeTokens(queue, 2000);

        Assert.InRange(taken[TestTasks.Sentiment], 950, 1050);
        Assert.InRange(taken[Other], 950, 1050);
    }

    [Fact]
    public void Take_Weights_ShareTheTokensByThem()
    {
        var queue = new RequestQueue(10_000);
        queue.Add(Request(400, weight: 4));
        queue.Add(Request(400, Other));

        var taken = TakeTokens(queue, 2000);

        Assert.InRange(taken[TestTasks.Sentiment], 1580, 1620);
    }

    [Fact]
    public void Take_TaskThatWasIdle_HasSavedUpNothing()
    {
        var queue = new RequestQueue(10_000);
        queue.Add(Request(1, Other));
        queue.Add(Request(1000));
        TakeTokens(queue, 5000);

        queue.Add(Request(400, Other));
        var taken = TakeTokens(queue, 1000);

        Assert.InRange(taken[TestTasks.Sentiment], 490, 510);
    }

    [Fact]
    public void Take_TaskThatHadTheEngineAlone_OwesNothingForIt()
    {
        var queue = new RequestQueue(10_000);
        queue.Add(Request(300));
        TakeTokens(queue, 2900);

        queue.Add(Request(400, Other));

        Assert.Equal(Other, queue.Take(new(1)).Single().Request.Task);
        queue.Add(Request(100));
        Assert.InRange(TakeTokens(queue, 200)[TestTasks.Sentiment], 90, 110);
    }

    [Fact]
    public void Settle_InputNeededMoreThanExpected_ItsTaskPaysForIt()
    {
        var queue = new RequestQueue(10_000);
        queue.Add(Request(100));
        queue.Add(Request(100, Other));
        var first = queue.Take(new(2));

        first.Single(slot => slot.Request.Task == Other).ComputedTokens = 200;
        queue.Settle(_ => true);

        Assert.Equal(190, TakeTokens(queue, 190)[TestTasks.Sentiment]);
    }

    [Fact]
    public void Settle_InputIsOver_TheNextOnesAreExpectedToNeedTheSame()
    {
        var queue = new RequestQueue(100);
        queue.Add(Request(2, tokens: 60));
        var slot = queue.Take(new(1)).Single();
        Assert.Equal(60, slot.ExpectedTokens);

        (slot.ComputedTokens, slot.NeededTokens) = (25, 25);
        queue.Settle(_ => false);

        Assert.Equal(25, queue.Take(new(1)).Single().ExpectedTokens);
    }

    [Fact]
    public void Take_TokensOfAStep_StopsWhenTheyAreUsedUp()
    {
        var queue = new RequestQueue(100);
        queue.Add(Request(10, tokens: 60));

        Assert.Equal(2, queue.Take(new(64, Tokens: 128)).Count);
        Assert.Empty(queue.Take(new(64, Tokens: 59)));
        queue.Settle(_ => false);
        Assert.Single(queue.Take(new(64, Tokens: 20))); // the only one in the step, however long it is
    }

    [Fact]
    public void Take_OneTaskFillsThePlaces_LeavesSomeForOthers()
    {
        var queue = new RequestQueue(1000);
        queue.Add(Request(500));
        Assert.Equal(56, queue.Take(new(64)).Count);

        queue.Add(Request(500, Other));

        Assert.NotEmpty(queue.Take(new(8)));
    }

    [Fact]
    public void Take_BatchBesideOnline_GetsItsPercentAndAllOfItAlone()
    {
        var queue = new RequestQueue(10_000, batchPercent: 5);
        queue.Add(Request(1000, priority: RequestPriority.Batch));
        queue.Add(Request(1000, Other));

        var taken = TakeTokens(queue, 4000);

        Assert.InRange(taken[TestTasks.Sentiment], 180, 220);
        TakeTokens(queue, 6700);
        Assert.Equal(100, TakeTokens(queue, 100)[TestTasks.Sentiment]);
    }

    [Fact]
    public void Take_OnlineComesWhileBatchWaits_IsFirst()
    {
        var queue = new RequestQueue(10_000);
        queue.Add(Request(1000, priority: RequestPriority.Batch));
        TakeTokens(queue, 1000);

        queue.Add(Request(1, Other));

        Assert.Equal(Other, queue.Take(new(1)).Single().Request.Task);
    }

    [Fact]
    public async Task Take_DeadlineHasPassed_IsRefusedAndNotComputed()
    {
        var queue = new RequestQueue(100);
        var (late, later) = (Request(1, deadline: 50), Request(1, deadline: 150));
        queue.Add(late);
        queue.Add(later);

        Assert.Equal(later, queue.Take(new(8, Now: 100)).Single().Request);

        Assert.Equal("deadline_missed", (await late.Outcome).Error!.Code);
        Assert.Equal(0, queue.WaitingInputs);
    }

    [Fact]
    public void Add_MoreAheadThanTheDeadlineAllows_IsRefusedEarly()
    {
        var queue = new RequestQueue(1000);
        queue.Add(Request(20)); // 200 tokens of its own task
        queue.Add(Request(20, Other, tokens: 100));

        // Its own 200 and 10, and as much of the other task's 2000, since the two take turns.
        Assert.Equal(QueueRefusal.TooLate, queue.Add(Request(1), tokensInTime: 419));
        Assert.Null(queue.Add(Request(1), tokensInTime: 420));
        Assert.Equal(QueueRefusal.TooLate, queue.Add(Request(1, TestTasks.Same), tokensInTime: 29));
        Assert.Null(queue.Add(Request(1, TestTasks.Same), tokensInTime: 30));
    }

    [Fact]
    public async Task GiveUp_StillWaiting_LeavesTheQueueAtOnce()
    {
        var queue = new RequestQueue(5);
        var request = Request(5);
        queue.Add(request);

        queue.GiveUp(request);

        var outcome = await request.Outcome;
        Assert.True(outcome.Cancelled);
        Assert.Null(outcome.By);
        Assert.Equal(0, queue.WaitingInputs);
        Assert.Null(queue.Add(Request(5)));
    }

    [Fact]
    public async Task GiveUp_PartlyTaken_IsDroppedAtTheNextTake()
    {
        var queue = new RequestQueue(100);
        var request = Request(3);
        queue.Add(request);
        queue.Take(new(1));

        queue.GiveUp(request);

        Assert.False(request.Outcome.IsCompleted);
        Assert.Empty(queue.Take(new(8)));
        Assert.True((await request.Outcome).Cancelled);
        Assert.Equal(0, queue.WaitingInputs);
    }

    [Fact]
    public void Close_WithRequestsWaiting_ServesThemButTakesNoMore()
    {
        var queue = new RequestQueue(100);
        queue.Add(Request(1));

        queue.Close();

        Assert.Equal(QueueRefusal.Closed, queue.Add(Request(1)));
        Assert.False(queue.IsFinished);
        Assert.Single(queue.Take(new(8)));
        Assert.True(queue.IsFinished);
    }

    /// <summary>One input at a time, each computed as expected, until so many tokens were taken.</summary>
    private static Dictionary<string, long> TakeTokens(RequestQueue queue, long tokens)
    {
        Dictionary<string, long> taken = [];
        while (taken.Values.Sum() < tokens && queue.Take(new(1)) is [var slot])
        {
            taken[slot.Request.Task] = taken.GetValueOrDefault(slot.Request.Task) + slot.ExpectedTokens;
            slot.ComputedTokens = slot.ExpectedTokens;
            queue.Settle(_ => false);
        }

        return taken;
    }
}
