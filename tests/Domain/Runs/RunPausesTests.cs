using Platform.Domain.Claims;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;

namespace Platform.Domain.Tests.Runs;

public sealed class RunPausesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PauseAsync_QueuedRun_IsNoWorkUntilItIsResumed()
    {
        await using var database = await TestDatabase.CreateAsync();
        var run = await PlanAsync(database);
        var (pauses, claims) = (database.Get<RunPauses>(), database.Get<WorkClaims>());

        Assert.Equal(RunStatus.Paused, (await pauses.PauseAsync(TestWorld.Admin, run.Id, Cancellation)).Value);

        Assert.Empty(await claims.FindUnclaimedAsync<FineTuningRun>(null, Cancellation));
        Assert.Equal("run_not_pausable", (await pauses.PauseAsync(TestWorld.Admin, run.Id, Cancellation)).Error.Code);
        Assert.Equal(RunStatus.Queued, (await pauses.ResumeAsync(TestWorld.Admin, run.Id, Cancellation)).Value);
        Assert.Single(await claims.FindUnclaimedAsync<FineTuningRun>(null, Cancellation));
        Assert.Equal("run_not_paused", (await pauses.ResumeAsync(TestWorld.Admin, run.Id, Cancellation)).Error.Code);
        Assert.Equal((1, 1), (await database.CountAuditAsync("run.paused"), await database.CountAuditAsync("run.resumed")));
    }

    [Fact]
    public async Task PauseAsync_RunningRun_TellsItsWorkerWhichConfirms()
    {
        await using var database = await TestDatabase.CreateAsync();
        var run = await PlanAsync(database);
        var journal = database.Get<RunJournal>();
        var claim = (await database.Get<WorkClaims>().TryClaimAsync<FineTuningRun>(run.Id, "worker", Cancellation))!;
        await journal.StartAsync(claim, Cancellation);

        Assert.Equal(RunStatus.Pausing, (await database.Get<RunPauses>().PauseAsync(TestWorld.Admin, run.Id, Cancellation)).Value);

        Assert.Equal(RunStatus.Pausing, (await journal.LogAsync(claim, RunEventSeverity.Note, "At work.", Cancellation)).Value);
        Assert.Equal(RunStatus.Paused, (await journal.ConfirmPausedAsync(claim, "In stage 2", Cancellation)).Value);
    }

    [Fact]
    public async Task ResumeAsync_BeforeThePauseCameAbout_TakesItBack()
    {
        await using var database = await TestDatabase.CreateAsync();
        var run = await PlanAsync(database);
        var (journal, pauses) = (database.Get<RunJournal>(), database.Get<RunPauses>());
        var claim = (await database.Get<WorkClaims>().TryClaimAsync<FineTuningRun>(run.Id, "worker", Cancellation))!;
        await journal.StartAsync(claim, Cancellation);
        await pauses.PauseAsync(TestWorld.Admin, run.Id, Cancellation);

        Assert.Equal(RunStatus.Running, (await pauses.ResumeAsync(TestWorld.Admin, run.Id, Cancellation)).Value);

        Assert.Equal(RunStatus.Running, (await journal.ConfirmPausedAsync(claim, "In stage 2", Cancellation)).Value);
    }

    [Fact]
    public async Task CancelAsync_PausedRun_IsLeftToAWorkerThatClearsUp()
    {
        await using var database = await TestDatabase.CreateAsync();
        var run = await PlanAsync(database);
        await database.Get<RunPauses>().PauseAsync(TestWorld.Admin, run.Id, Cancellation);

        Assert.Equal(RunStatus.Cancelling, (await database.Get<RunPlanning>().CancelAsync(TestWorld.Admin, run.Id, "Not needed.", Cancellation)).Value);

        Assert.Single(await database.Get<WorkClaims>().FindUnclaimedAsync<FineTuningRun>(null, Cancellation));
    }

    [Fact]
    public async Task PauseAsync_ByAMember_IsRefused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var run = await PlanAsync(database);

        Assert.Equal("admin_only", (await database.Get<RunPauses>().PauseAsync(TestWorld.MemberOf(), run.Id, Cancellation)).Error.Code);
    }

    private static async Task<FineTuningRun> PlanAsync(TestDatabase database)
    {
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        return (await database.Get<RunPlanning>().PlanAsync(TestWorld.Admin, new RunRequest(null, [task.Id], new Recipe(), "base"), Cancellation)).Value;
    }
}
