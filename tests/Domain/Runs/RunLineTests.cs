using Platform.Domain.Claims;
using Platform.Domain.Fleet;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Forecasts;

namespace Platform.Domain.Tests.Runs;

public sealed class RunLineTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Places_OneWorker_WaitsForTheRunAtWorkAndThoseBefore()
    {
        var atWork = Run(1, (RunStepKind.Stage2, 100), (RunStepKind.Stage3, 300));
        Begin(atWork, done: 0, progress: (200, 400, null));

        var places = RunLine.Places([atWork, Run(2, (RunStepKind.Stage2, 50)), Run(3, (RunStepKind.Stage2, 70))], workers: 1, Now);

        // Half of stage 2 and all of stage 3 are left.
        Assert.Equal([(0, 350d), (1, 400d), (2, 470d)], places.Select(place => (place.Place, place.EndsIn!.Value.TotalSeconds)));
        Assert.Equal([0d, 350, 400], places.Select(place => place.StartsIn!.Value.TotalSeconds));
        Assert.All(places, place => Assert.Null(place.Unknown));
    }

    [Fact]
    public void Places_DoneStepTookTwiceItsForecast_TheRestIsExpectedToDoSo()
    {
        var run = Run(1, (RunStepKind.Stage2, 100), (RunStepKind.Stage3, 300));
        Begin(run, done: 1, progress: null);

        Assert.Equal(600, RunLine.Places([run], workers: 1, Now).Single().EndsIn!.Value.TotalSeconds);
    }

    [Fact]
    public void Places_StepWithAMeasuredRate_IsBelievedBeforeTheForecast()
    {
        var run = Run(1, (RunStepKind.Stage2, 100));
        Begin(run, done: 0, progress: (200, 400, 33));

        Assert.Equal(33, RunLine.Places([run], workers: 1, Now).Single().EndsIn!.Value.TotalSeconds);
    }

    [Fact]
    public void Places_TwoWorkers_TakeRunsAsTheyGetFree()
    {
        var places = RunLine.Places([Run(1, (RunStepKind.Stage2, 100)), Run(2, (RunStepKind.Stage2, 30)), Run(3, (RunStepKind.Stage2, 10))], workers: 2, Now);

        Assert.Equal([0d, 0, 30], places.Select(place => place.StartsIn!.Value.TotalSeconds));
    }

    [Fact]
    public void Places_NotForecast_SaysUnknownForItAndForThoseBehind()
    {
        var places = RunLine.Places([Run(1), Run(2, (RunStepKind.Stage2, 30))], workers: 1, Now);

        Assert.Equal((TimeSpan.Zero, null, "What it takes was not measured yet."), (places[0].StartsIn, places[0].EndsIn, places[0].Unknown));
        Assert.Equal((null, null, "What a run before it takes is not known."), (places[1].StartsIn, places[1].EndsIn, places[1].Unknown));
    }

    [Fact]
    public async Task ListAsync_NoWorkerAlive_SaysThatNobodyKnowsAndLeavesOutPausedRuns()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var (paused, claim) = await database.StartRunAsync(task.Id);
        await database.Get<RunPauses>().PauseAsync(TestWorld.Admin, paused.Id, Cancellation);
        await database.Get<WorkClaims>().ReleaseAsync<FineTuningRun>(claim, Cancellation);
        await database.Get<RunPlanning>().PlanAsync(TestWorld.Admin, new RunRequest(null, [task.Id], new Domain.Runs.Recipes.Recipe(), "models/base"), Cancellation);
        var line = database.Get<RunLine>();

        var queued = (await line.ListAsync(Cancellation)).Single(place => place.Status == RunStatus.Queued);
        Assert.Equal(1, queued.Place);
        await database.Get<HostProcesses>().BeatAsync(
            new HostProcess { Name = "jobs:a:1:x", Kind = HostKind.Jobs, Machine = "a", ProcessId = 1, Build = "1", Hardware = "x", MemoryBytes = 1, StartedAt = database.Clock.Now },
            HostReport.Nothing with { Queues = ["checks", HostProcesses.RunsQueue] }, Cancellation);

        Assert.Contains((await line.ListAsync(Cancellation)).Single(place => place.Status == RunStatus.Queued).Unknown, new[] { "What it takes was not measured yet.", "What a run before it takes is not known." });
    }

    private static FineTuningRun Run(int number, params (RunStepKind Kind, double Seconds)[] steps)
    {
        var run = new FineTuningRun { Number = number, Name = $"run {number}", RecipeJson = "{}", BaseModel = "base", RequestedByName = "Ada", CreatedAt = Now };
        for (var i = 0; i < steps.Length; i++)
            run.Steps.Add(new RunStep { RunId = run.Id, Ordinal = i, Kind = steps[i].Kind });
        if (steps.Length > 0)
            run.Forecast(new RunForecast("cpu", Now, 1000, 1, 1, 1, "USD", [.. steps.Select(step => new StepForecast(step.Kind, null, null, 1, 1, step.Seconds, null))]).ToJson());
        return run;
    }

    /// <summary>The first <paramref name="done"/> steps took 200 seconds of device time each.</summary>
    private static void Begin(FineTuningRun run, int done, (long Done, long Total, double? Eta)? progress)
    {
        run.Start(Now);
        foreach (var step in run.Steps.Take(done))
        {
            step.Start(Now);
            step.Report(new StepProgress(1, 1, 1, 200_000_000, null, null, null));
            step.Complete(null, Now);
        }

        if (progress is not { } at)
            return;
        run.Steps[done].Start(Now);
        run.Steps[done].Report(new StepProgress(at.Done, at.Total, 1, 1, null, null, at.Eta));
    }
}
