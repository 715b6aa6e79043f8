using Platform.Domain.Claims;
using Platform.Domain.Runs;
using Platform.Domain.Tasks;
using Platform.Domain.WhatIf;

namespace Platform.Domain.Tests.WhatIf;

public sealed class WhatIfEstimatesTests
{
    private const string Findings = """{"strategy":"leaveOneOut","tasks":[],"map":null,"probe":{"path":"probes/abc","sha256":"abc","sizeBytes":3},"seconds":2.5}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AskAsync_WithoutProbeOrData_SaysWhatIsMissing()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var estimates = database.Get<WhatIfEstimates>();
        var without = await database.AddTaskAsync(team, "without-data");
        var task = await database.AddReadyTaskAsync(team, "one");

        Assert.Equal("what_if_without_data", (await estimates.AskAsync(TestWorld.Admin, without.Id, Cancellation)).Error.Code);
        Assert.Equal("what_if_without_probe", (await estimates.AskAsync(TestWorld.Admin, task.Id, Cancellation)).Error.Code);
        Assert.Equal("task_unknown", (await estimates.AskAsync(TestWorld.MemberOf(), task.Id, Cancellation)).Error.Code);
        Assert.False(await estimates.HasProbeAsync(Cancellation));
    }

    [Fact]
    public async Task AskAsync_AskedTwice_IsOneEstimateUntilItFails()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (task, run) = await AddProbeAsync(database);
        var estimates = database.Get<WhatIfEstimates>();

        var first = (await estimates.AskAsync(TestWorld.Admin, task.Id, Cancellation)).Value;
        var second = (await estimates.AskAsync(TestWorld.Admin, task.Id, Cancellation)).Value;
        var claim = (await database.Get<WorkClaims>().TryClaimAsync<WhatIfEstimate>(first.Id, "jobs", Cancellation))!;
        await estimates.StartAsync(claim, Cancellation);
        await estimates.FailAsync(claim, "The probe is damaged.", Cancellation);
        var third = (await estimates.AskAsync(TestWorld.Admin, task.Id, Cancellation)).Value;

        Assert.Equal((run.Id, first.Id), (first.RunId, second.Id));
        Assert.NotEqual(first.Id, third.Id);
        Assert.Equal(WhatIfStatus.Queued, (await estimates.NewestAsync(task.Id, Cancellation))!.Status);
    }

    [Fact]
    public async Task CompleteAsync_Answer_IsReadBackAndNothingIsLeftToDo()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (task, _) = await AddProbeAsync(database);
        var estimates = database.Get<WhatIfEstimates>();
        var asked = (await estimates.AskAsync(TestWorld.Admin, task.Id, Cancellation)).Value;
        var claims = database.Get<WorkClaims>();
        var claim = (await claims.TryClaimAsync<WhatIfEstimate>(asked.Id, "jobs", Cancellation))!;
        await estimates.StartAsync(claim, Cancellation);

        await estimates.CompleteAsync(
            claim,
            """{"task":"one","onItself":{"task":"one","effect":{"value":-0.1,"low":-0.2,"high":-0.05},"sentence":"It gains."},"onNeighbours":[{"task":"two","effect":{"value":0.02,"low":-0.01,"high":0.05},"sentence":"Nothing is proven."}],"trainRows":200,"validationRows":50,"confidence":0.95}""",
            Cancellation);

        var done = (await estimates.NewestAsync(task.Id, Cancellation))!;
        var answer = WhatIfAnswer.Of(done)!;
        Assert.Equal((WhatIfStatus.Done, "It gains.", true, false), (done.Status, answer.OnItself.Sentence, answer.OnItself.Effect.IsProven, answer.OnNeighbours[0].Effect.IsProven));
        Assert.Empty(await claims.FindUnclaimedAsync<WhatIfEstimate>(null, Cancellation));
    }

    /// <summary>A run whose stage 1 has left a probe, and a task that was not part of it.</summary>
    private static async Task<(TaskDefinition Task, FineTuningRun Run)> AddProbeAsync(TestDatabase database)
    {
        var team = await database.AddTeamAsync();
        var (joining, known) = (await database.AddReadyTaskAsync(team, "one"), await database.AddReadyTaskAsync(team, "two"));
        var (run, claim) = await database.StartRunAsync(known.Id);
        var journal = database.Get<RunJournal>();
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Probe)], Cancellation);
        var step = (await journal.LoadAsync(run.Id, Cancellation)).Value.Steps.Single();
        await journal.StartStepAsync(claim, step.Id, 0, Cancellation);
        await journal.CompleteStepAsync(claim, step.Id, Findings, Cancellation);
        return (joining, run);
    }
}
