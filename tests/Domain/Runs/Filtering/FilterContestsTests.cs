using Platform.Domain.Claims;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Domain.Tests.Runs.Filtering;

public sealed class FilterContestsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ContestAsync_EachRole_OnlyTheOwningTeamMay()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (run, tasks, member) = await DecidedAsync(database);
        var contests = database.Get<FilterContests>();
        var stranger = TestWorld.MemberOf(await database.AddTeamAsync("others"));

        Assert.Equal("run_task_unknown", Code(await contests.ContestAsync(stranger, run.Id, tasks[1].Id, "No.", Cancellation)));
        Assert.Equal("contest_not_yours", Code(await contests.ContestAsync(TestWorld.Admin, run.Id, tasks[1].Id, "No.", Cancellation)));
        Assert.Equal("contest_without_reason", Code(await contests.ContestAsync(member, run.Id, tasks[1].Id, "  ", Cancellation)));
        var contest = (await contests.ContestAsync(member, run.Id, tasks[1].Id, " Our texts are alike. ", Cancellation)).Value;
        Assert.Equal("contest_open", Code(await contests.ContestAsync(member, run.Id, tasks[1].Id, "Again.", Cancellation)));

        Assert.Equal((TaskDecision.Isolated, TaskDecision.Kept, "Our texts are alike.", ContestStatus.Open), (contest.Found, contest.Wanted, contest.Reason, contest.Status));
        Assert.Equal(1, await database.CountAuditAsync("run.decision_contested"));
        Assert.Single(await contests.ListAsync(member, run.Id, Cancellation));
        Assert.Empty(await contests.ListAsync(stranger, run.Id, Cancellation));
        Assert.Empty(await contests.WaitingForAsync(member, Cancellation));
        Assert.Equal("two", Assert.Single(await contests.WaitingForAsync(TestWorld.Admin, Cancellation)).Task!.Name);
    }

    [Fact]
    public async Task ContestAsync_NothingDecidedYet_SaysSo()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var task = await database.AddReadyTaskAsync(team, "one");
        var (run, _) = await database.StartRunAsync(task.Id);

        Assert.Equal("contest_nothing_decided", Code(await database.Get<FilterContests>().ContestAsync(TestWorld.MemberOf(team), run.Id, task.Id, "Why?", Cancellation)));
    }

    [Fact]
    public async Task DecideAsync_BeforeAStageHasBegun_OverridesInThisRun()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (run, tasks, member) = await DecidedAsync(database);
        var contests = database.Get<FilterContests>();
        var contest = (await contests.ContestAsync(member, run.Id, tasks[1].Id, "Our texts are alike.", Cancellation)).Value;

        var decided = await contests.DecideAsync(TestWorld.Admin, contest.Id, accept: true, "They are.", Cancellation);

        Assert.Equal((ContestStatus.Accepted, run.Id, "They are."), (decided.Value.Status, decided.Value.AppliedRunId, decided.Value.DecisionReason));
        var task = (await database.Get<RunQueries>().FindAsync(run.Number, Cancellation)).Value.Tasks.Single(found => found.TaskId == tasks[1].Id);
        Assert.Equal((TaskDecision.Kept, "admin"), (task.Decision, task.DecidedByName));
        Assert.Contains("Our texts are alike. (contested by Mia)", task.Reason, StringComparison.Ordinal);
        Assert.Equal((1, 1), (await database.CountAuditAsync("run.contest_accepted"), await database.CountAuditAsync("run.task_overridden")));
        Assert.Equal("contest_decided", Code(await contests.DecideAsync(TestWorld.SecondAdmin, contest.Id, accept: false, "No.", Cancellation)));
        Assert.Empty(await contests.WaitingForAsync(TestWorld.Admin, Cancellation));
    }

    [Fact]
    public async Task DecideAsync_AfterAStageHasBegun_HoldsInTheNextRunOnly()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (run, tasks, member) = await DecidedAsync(database, stageBegins: true);
        var contests = database.Get<FilterContests>();
        var contest = (await contests.ContestAsync(member, run.Id, tasks[1].Id, "Our texts are alike.", Cancellation)).Value;
        Assert.True((await contests.DecideAsync(TestWorld.Admin, contest.Id, accept: true, "They are.", Cancellation)).IsSuccess);
        Assert.Equal(TaskDecision.Isolated, (await database.Get<RunQueries>().FindAsync(run.Number, Cancellation)).Value.Tasks.Single(found => found.TaskId == tasks[1].Id).Decision);
        Assert.True(Assert.Single(await contests.StandingAsync(member, Cancellation)).IsStanding);

        var next = await PlanAsync(database, new Recipe(), tasks);
        var third = await PlanAsync(database, new Recipe(), tasks);

        var taken = Assert.Single(Recipe.Parse(next.RecipeJson).Value.Filter.Overrides);
        Assert.Equal(("two", OverrideDecision.Kept), (taken.Key, taken.Value.Decision));
        Assert.Equal("Contested by Mia, accepted by admin: Our texts are alike.", taken.Value.Reason);
        Assert.Empty(Recipe.Parse(third.RecipeJson).Value.Filter.Overrides);
        Assert.Empty(await contests.StandingAsync(TestWorld.Admin, Cancellation));
        Assert.Equal(next.Id, Assert.Single(await contests.ListAsync(member, run.Id, Cancellation)).AppliedRunId);
    }

    [Fact]
    public async Task DecideAsync_RecipeThatDecidesItself_GoesFirst()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (run, tasks, member) = await DecidedAsync(database, stageBegins: true);
        var contests = database.Get<FilterContests>();
        var contest = (await contests.ContestAsync(member, run.Id, tasks[1].Id, "Our texts are alike.", Cancellation)).Value;
        await contests.DecideAsync(TestWorld.Admin, contest.Id, accept: true, "They are.", Cancellation);
        var own = new FilterOverride { Decision = OverrideDecision.Isolated, Reason = "An experiment." };

        var next = await PlanAsync(database, new Recipe { Filter = new FilterSection { Overrides = new Dictionary<string, FilterOverride> { ["two"] = own } } }, tasks);

        Assert.Equal(own, Assert.Single(Recipe.Parse(next.RecipeJson).Value.Filter.Overrides).Value);
    }

    [Fact]
    public async Task DecideAsync_Declined_ChangesNothingAndKeepsTheReason()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (run, tasks, member) = await DecidedAsync(database);
        var contests = database.Get<FilterContests>();
        var contest = (await contests.ContestAsync(member, run.Id, tasks[1].Id, "Our texts are alike.", Cancellation)).Value;
        Assert.Equal("contest_without_reason", Code(await contests.DecideAsync(TestWorld.Admin, contest.Id, accept: false, "", Cancellation)));

        var declined = (await contests.DecideAsync(TestWorld.Admin, contest.Id, accept: false, "They are not.", Cancellation)).Value;

        Assert.Equal((ContestStatus.Declined, "They are not.", (Guid?)null), (declined.Status, declined.DecisionReason, declined.AppliedRunId));
        Assert.Equal(TaskDecision.Isolated, (await database.Get<RunQueries>().FindAsync(run.Number, Cancellation)).Value.Tasks.Single(found => found.TaskId == tasks[1].Id).Decision);
        Assert.True((await contests.ContestAsync(member, run.Id, tasks[1].Id, "Look again.", Cancellation)).IsSuccess);
    }

    [Fact]
    public async Task DecideAsync_MemberOrWhoContestedIt_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (run, tasks, member) = await DecidedAsync(database);
        var contests = database.Get<FilterContests>();
        var both = Actor.ForUser(Guid.CreateVersion7(), "Ada", isAdmin: true, [tasks[1].TeamId]);
        var contest = (await contests.ContestAsync(both, run.Id, tasks[1].Id, "Ours.", Cancellation)).Value;

        Assert.Equal("admin_only", Code(await contests.DecideAsync(member, contest.Id, accept: true, "Yes.", Cancellation)));
        Assert.Equal("contest_your_own", Code(await contests.DecideAsync(both, contest.Id, accept: true, "Yes.", Cancellation)));
        Assert.Empty(await contests.WaitingForAsync(both, Cancellation));
        Assert.Equal("contest_unknown", Code(await contests.DecideAsync(TestWorld.Admin, Guid.CreateVersion7(), accept: true, "Yes.", Cancellation)));
    }

    [Fact]
    public async Task DecideAsync_LastTaskOfTheMixture_StaysKept()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (run, tasks, member) = await DecidedAsync(database);
        var contests = database.Get<FilterContests>();
        var contest = (await contests.ContestAsync(member, run.Id, tasks[0].Id, "Alone, please.", Cancellation)).Value;

        Assert.Equal("override_nobody_left", Code(await contests.DecideAsync(TestWorld.Admin, contest.Id, accept: true, "Yes.", Cancellation)));
        Assert.Equal(ContestStatus.Open, Assert.Single(await contests.ListAsync(member, run.Id, Cancellation)).Status);
    }

    private static string Code<T>(Result<T> result) => Assert.Single(result.Errors).Code;

    private static async Task<FineTuningRun> PlanAsync(TestDatabase database, Recipe recipe, TaskDefinition[] tasks) =>
        (await database.Get<RunPlanning>().PlanAsync(TestWorld.Admin, new RunRequest(null, [.. tasks.Select(task => task.Id)], recipe, "models/base"), Cancellation)).Value;

    /// <summary>A run whose filter kept the task one and isolated the task two.</summary>
    private static async Task<(FineTuningRun Run, TaskDefinition[] Tasks, Actor Member)> DecidedAsync(TestDatabase database, bool stageBegins = false)
    {
        var team = await database.AddTeamAsync();
        TaskDefinition[] tasks = [await database.AddReadyTaskAsync(team, "one"), await database.AddReadyTaskAsync(team, "two")];
        var (run, claim) = await database.StartRunAsync([.. tasks.Select(task => task.Id)]);
        var journal = database.Get<RunJournal>();
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Probe), new PlannedStep(RunStepKind.Stage2)], Cancellation);
        foreach (var (task, decision) in tasks.Zip([TaskDecision.Kept, TaskDecision.Isolated]))
            await journal.ChangeTaskAsync(claim, task.Id, row => row.Decide(decision, "By the probe.", null), Cancellation);
        if (stageBegins)
            await journal.StartStepAsync(claim, (await journal.LoadAsync(run.Id, Cancellation)).Value.Steps.Single(step => step.Kind == RunStepKind.Stage2).Id, 0, Cancellation);
        return (run, tasks, TestWorld.MemberOf(team));
    }
}
