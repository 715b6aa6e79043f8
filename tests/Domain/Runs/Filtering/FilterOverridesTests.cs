using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;

namespace Platform.Domain.Tests.Runs.Filtering;

public sealed class FilterOverridesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OverrideAsync_BeforeAnyStage_DecidesAndIsAuditedAndTheFilterLeavesIt()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var (one, two) = (await database.AddReadyTaskAsync(team, "one"), await database.AddReadyTaskAsync(team, "two"));
        var (run, claim) = await database.StartRunAsync(one.Id, two.Id);

        var decided = await database.Get<FilterOverrides>().OverrideAsync(TestWorld.Admin, run.Id, one.Id, TaskDecision.Isolated, "It is audited every week.", Cancellation);
        await database.Get<RunJournal>().ChangeTaskAsync(claim, one.Id, task => task.Decide(TaskDecision.Kept, "Kept: no harm.", "{}"), Cancellation);

        Assert.True(decided.IsSuccess);
        var task = (await database.Get<RunQueries>().FindAsync(run.Number, Cancellation)).Value.Tasks.Single(found => found.TaskId == one.Id);
        Assert.Equal((TaskDecision.Isolated, "Isolated by admin: It is audited every week.", "admin", "{}"), (task.Decision, task.Reason, task.DecidedByName, task.EvidenceJson));
        Assert.Equal(1, await database.CountAuditAsync("run.task_overridden"));
    }

    [Fact]
    public async Task OverrideAsync_Problems_AreSaid()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var (one, two) = (await database.AddReadyTaskAsync(team, "one"), await database.AddReadyTaskAsync(team, "two"));
        var other = await database.AddReadyTaskAsync(team, "other");
        var (run, claim) = await database.StartRunAsync(one.Id, two.Id);
        var overrides = database.Get<FilterOverrides>();

        Assert.Equal("admin_only", (await overrides.OverrideAsync(TestWorld.MemberOf(team), run.Id, one.Id, TaskDecision.Kept, "x", Cancellation)).Error.Code);
        Assert.Equal("override_without_reason", (await overrides.OverrideAsync(TestWorld.Admin, run.Id, one.Id, TaskDecision.Kept, " ", Cancellation)).Error.Code);
        Assert.Equal("override_without_decision", (await overrides.OverrideAsync(TestWorld.Admin, run.Id, one.Id, TaskDecision.Pending, "x", Cancellation)).Error.Code);
        Assert.Equal("run_task_unknown", (await overrides.OverrideAsync(TestWorld.Admin, run.Id, other.Id, TaskDecision.Kept, "x", Cancellation)).Error.Code);
        Assert.Equal("run_unknown", (await overrides.OverrideAsync(TestWorld.Admin, Guid.NewGuid(), one.Id, TaskDecision.Kept, "x", Cancellation)).Error.Code);
        await overrides.OverrideAsync(TestWorld.Admin, run.Id, one.Id, TaskDecision.Isolated, "x", Cancellation);
        Assert.Equal("override_nobody_left", (await overrides.OverrideAsync(TestWorld.Admin, run.Id, two.Id, TaskDecision.Isolated, "x", Cancellation)).Error.Code);

        var journal = database.Get<RunJournal>();
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Stage2)], Cancellation);
        var stage = (await journal.LoadAsync(run.Id, Cancellation)).Value.Steps.Single();
        await journal.StartStepAsync(claim, stage.Id, 0, Cancellation);

        Assert.Equal("override_too_late", (await overrides.OverrideAsync(TestWorld.Admin, run.Id, one.Id, TaskDecision.Kept, "x", Cancellation)).Error.Code);
    }
}
