using Platform.Domain.Bundles;
using Platform.Domain.Claims;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Tasks;

namespace Platform.Domain.Tests.Runs;

public sealed class RunPlanningTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SummariseAsync_OneRunningAmongOthers_ShowsItsStepAndComesByPage()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var tasks = new[] { await database.AddReadyTaskAsync(team, "first"), await database.AddReadyTaskAsync(team, "second") };
        var (running, claim) = await database.StartRunAsync(tasks[0].Id, tasks[1].Id);
        await database.StartRunAsync(tasks[0].Id);
        var journal = database.Get<RunJournal>();
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.CheckData), new PlannedStep(RunStepKind.Stage2)], Cancellation);
        var step = (await journal.LoadAsync(running.Id, Cancellation)).Value.Steps.Single(one => one.Kind == RunStepKind.Stage2);
        await journal.StartStepAsync(claim, step.Id, 0, Cancellation);

        var newest = Assert.Single(await database.Get<RunQueries>().SummariseAsync(0, 1, Cancellation));
        var oldest = Assert.Single(await database.Get<RunQueries>().SummariseAsync(1, 5, Cancellation));

        Assert.Equal((2, 1, null), (newest.Number, newest.Tasks, newest.Now));
        Assert.Equal((1, 2, new RunningStep(RunStepKind.Stage2, null), RunStatus.Running), (oldest.Number, oldest.Tasks, oldest.Now, oldest.Status));
    }

    [Fact]
    public async Task PlanAsync_ReadyTasks_QueuesARunWithTheirNewestData()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var (one, two) = (await database.AddReadyTaskAsync(team, "one"), await database.AddReadyTaskAsync(team, "two"));
        var planning = database.Get<RunPlanning>();

        var first = (await planning.PlanAsync(TestWorld.Admin, new RunRequest("", [one.Id, two.Id], new Recipe(), "base"), Cancellation)).Value;
        var second = (await planning.PlanAsync(TestWorld.Admin, new RunRequest("nightly", [one.Id], new Recipe(), "base"), Cancellation)).Value;

        Assert.Equal((1, "default 1", 2, "nightly"), (first.Number, first.Name, second.Number, second.Name));
        var found = (await database.Get<RunQueries>().FindAsync(1, Cancellation)).Value;
        Assert.Equal(["one", "two"], found.Tasks.Select(task => task.Task!.Name).Order(StringComparer.Ordinal));
        Assert.All(found.Tasks, task => Assert.Equal((2L, 2L, TaskDecision.Pending), (task.TrainRows, task.TestRows, task.Decision)));
        Assert.Equal([2, 1], (await database.Get<RunQueries>().ListAsync(10, Cancellation)).Select(run => run.Number));
    }

    [Fact]
    public async Task PlanAsync_Problems_AreAllReported()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var without = await database.AddTaskAsync(team, "without-data");
        var unchecked_ = (await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, team.Id, database.WriteBundle("unchecked"), Cancellation)).Value;
        var rejected = await database.AddReadyTaskAsync(team, "rejected");
        var bad = (await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, team.Id, database.WriteBundle("rejected", train: TestWorld.Row("1", "x", "unknown")), Cancellation)).Value;
        await database.CheckAsync(bad.Version.Id);
        var archived = await database.AddReadyTaskAsync(team, "archived");
        await database.Get<TaskCatalog>().ArchiveAsync(TestWorld.Admin, archived.Id, "old", Cancellation);

        var result = await database.Get<RunPlanning>().PlanAsync(
            TestWorld.Admin,
            new RunRequest(null, [without.Id, unchecked_.Task.Id, rejected.Id, archived.Id, Guid.CreateVersion7()], new Recipe { Stage2 = new() { Mixing = new() { Cap = 0 } } }, "base"),
            Cancellation);

        Assert.Equal(
            ["recipe_out_of_range", "task_unknown", "run_task_archived", "run_task_not_ready", "run_task_not_ready", "run_task_without_data"],
            result.Errors.Select(error => error.Code));
        Assert.Empty(await database.Get<RunQueries>().ListAsync(10, Cancellation));
    }

    [Fact]
    public async Task PlanAsync_RecipeNamesTasksAndVersions_StoresThemResolved()
    {
        await using var database = await TestDatabase.CreateAsync();
        var team = await database.AddTeamAsync();
        var one = await database.AddReadyTaskAsync(team, "one");
        await database.AddReadyTaskAsync(team, "other");
        var newer = (await database.Get<BundleImport>().ImportAsync(TestWorld.Admin, team.Id, database.WriteBundle("one", train: TestWorld.Row("9", "new text", "good")), Cancellation)).Value;
        var recipe = new Recipe { Tasks = [new RecipeTask { Name = "other" }, new RecipeTask { Name = "one", DatasetVersion = 1 }] };

        var run = (await database.Get<RunPlanning>().PlanAsync(TestWorld.Admin, new RunRequest(null, [], recipe, "base"), Cancellation)).Value;

        Assert.Equal(2, newer.Version.Number);
        var stored = Recipe.Parse(run.RecipeJson).Value;
        Assert.Equal([("one", 1), ("other", 1)], stored.Tasks!.Select(task => (task.Name, task.DatasetVersion!.Value)));
        Assert.All(stored.Tasks!, task => Assert.Equal(64, task.Sha256!.Length));
        Assert.Equal("base", stored.BaseModel);
        Assert.Contains(run.Tasks, task => task.TaskId == one.Id);
        var again = await database.Get<RunPlanning>().PlanAsync(TestWorld.Admin, new RunRequest(null, [], stored, "base"), Cancellation);
        Assert.Equal(run.RecipeJson, again.Value.RecipeJson);
    }

    [Theory]
    [InlineData("{name: nobody}", "task_unknown", "tasks[0].name")]
    [InlineData("{name: one, datasetVersion: 7}", "run_version_unknown", "tasks")]
    [InlineData("{name: one, sha256: abcdef0000000000000000000000000000000000000000000000000000000000}", "run_data_changed", "tasks")]
    public async Task PlanAsync_RecipeNamesWhatIsNotThere_IsRefused(string task, string code, string field)
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var recipe = Recipe.Parse($"version: 2\ntasks: [{task}]").Value;

        var result = await database.Get<RunPlanning>().PlanAsync(TestWorld.Admin, new RunRequest(null, [], recipe, "base"), Cancellation);

        Assert.Equal((code, field), (result.Error.Code, result.Error.Field));
    }

    [Fact]
    public async Task PlanAsync_ByAMemberOrWithoutTasks_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var planning = database.Get<RunPlanning>();

        Assert.Equal("admin_only", (await planning.PlanAsync(TestWorld.MemberOf(), new RunRequest(null, [], new Recipe(), "base"), Cancellation)).Error.Code);
        Assert.Equal("run_without_tasks", (await planning.PlanAsync(TestWorld.Admin, new RunRequest(null, [], new Recipe(), "base"), Cancellation)).Error.Code);
    }

    [Fact]
    public async Task CancelAsync_QueuedRun_EndsAtOnceAndIsNoWorkAnyMore()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var planning = database.Get<RunPlanning>();
        var run = (await planning.PlanAsync(TestWorld.Admin, new RunRequest(null, [task.Id], new Recipe(), "base"), Cancellation)).Value;

        Assert.Equal(RunStatus.Cancelled, (await planning.CancelAsync(TestWorld.Admin, run.Id, "Wrong data.", Cancellation)).Value);

        Assert.Empty(await database.Get<WorkClaims>().FindUnclaimedAsync<FineTuningRun>(null, Cancellation));
        Assert.Equal("run_over", (await planning.CancelAsync(TestWorld.Admin, run.Id, "Again.", Cancellation)).Error.Code);
        Assert.Equal(1, await database.CountAuditAsync("run.cancelled"));
    }

    [Fact]
    public async Task CancelAsync_RunningRun_IsSeenByTheNextReportAndConfirmed()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var (run, claim) = await database.StartRunAsync(task.Id);
        await database.Get<RunPlanning>().CancelAsync(TestWorld.Admin, run.Id, "Enough.", Cancellation);
        var journal = database.Get<RunJournal>();

        Assert.Equal(RunStatus.Cancelling, (await journal.LogAsync(claim, RunEventSeverity.Note, "still here", Cancellation)).Value);
        Assert.Equal(RunStatus.Cancelled, (await journal.ConfirmCancelledAsync(claim, Cancellation)).Value);
    }

    [Fact]
    public async Task StartAsync_CancelledBetweenClaimAndStart_SaysThatItIsOver()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var planning = database.Get<RunPlanning>();
        var run = (await planning.PlanAsync(TestWorld.Admin, new RunRequest(null, [task.Id], new Recipe(), "base"), Cancellation)).Value;
        var claim = (await database.Get<WorkClaims>().TryClaimAsync<FineTuningRun>(run.Id, "jobs", Cancellation))!;
        await planning.CancelAsync(TestWorld.Admin, run.Id, "Wrong data.", Cancellation);

        Assert.Equal(RunStatus.Cancelled, (await database.Get<RunJournal>().StartAsync(claim, Cancellation)).Value);
    }

    [Fact]
    public async Task RetryAsync_FailedRun_IsQueuedAgainAndKeepsWhatIsDone()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var (run, claim) = await database.StartRunAsync(task.Id);
        var journal = database.Get<RunJournal>();
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.CheckData), new PlannedStep(RunStepKind.Stage3, ExamplesTotal: 500)], Cancellation);
        var steps = (await journal.LoadAsync(run.Id, Cancellation)).Value.Steps;
        await journal.StartStepAsync(claim, steps[0].Id, 0, Cancellation);
        await journal.CompleteStepAsync(claim, steps[0].Id, "{}", Cancellation);
        await journal.StartStepAsync(claim, steps[1].Id, 0, Cancellation);
        await journal.FailStepAsync(claim, steps[1].Id, "The disk is full.", Cancellation);
        await journal.FailAsync(claim, "The disk is full.", Cancellation);
        await database.Get<WorkClaims>().ReleaseAsync<FineTuningRun>(claim, Cancellation);

        var queued = await database.Get<RunPlanning>().RetryAsync(TestWorld.Admin, run.Id, Cancellation);

        Assert.Equal(RunStatus.Queued, queued.Value);
        var again = (await database.Get<WorkClaims>().TryClaimAsync<FineTuningRun>(run.Id, "jobs", Cancellation))!;
        await journal.StartAsync(again, Cancellation);
        await journal.StartStepAsync(again, steps[1].Id, 0, Cancellation);
        var loaded = (await journal.LoadAsync(run.Id, Cancellation)).Value;
        Assert.Null(loaded.Error);
        Assert.Equal([RunStepStatus.Done, RunStepStatus.Running], loaded.Steps.Select(step => step.Status));
        Assert.Equal(500, loaded.Steps[1].ExamplesTotal);
        Assert.Equal(1, await database.CountAuditAsync("run.retried"));
    }

    [Fact]
    public async Task RetryAsync_RunThatDidNotFail_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var (run, _) = await database.StartRunAsync(task.Id);

        Assert.Equal("run_not_failed", (await database.Get<RunPlanning>().RetryAsync(TestWorld.Admin, run.Id, Cancellation)).Error.Code);
        Assert.Equal("admin_only", (await database.Get<RunPlanning>().RetryAsync(TestWorld.MemberOf(), run.Id, Cancellation)).Error.Code);
    }
}
