using Platform.Domain.Models;
using Platform.Domain.Runs;

namespace Platform.Domain.Tests.Runs;

public sealed class RunJournalTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static StepProgress Progress(long done) => new(done, 100, done * 20, done * 1000, 1.5, 50, 3);

    [Fact]
    public async Task PlanStepsAsync_Repeated_AddsOnlyWhatIsMissingBehindTheRest()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var (run, claim) = await database.StartRunAsync(task.Id);
        var journal = database.Get<RunJournal>();
        PlannedStep[] steps = [new(RunStepKind.CheckData), new(RunStepKind.Baseline, task.Id), new(RunStepKind.Stage3)];

        await journal.PlanStepsAsync(claim, steps, Cancellation);
        await journal.PlanStepsAsync(claim, [.. steps, new(RunStepKind.Adapter, task.Id)], Cancellation);

        var found = (await journal.LoadAsync(run.Id, Cancellation)).Value.Steps;
        Assert.Equal([(1, RunStepKind.CheckData), (2, RunStepKind.Baseline), (3, RunStepKind.Stage3), (4, RunStepKind.Adapter)], found.Select(step => (step.Ordinal, step.Kind)));
    }

    [Fact]
    public async Task StartStepAsync_ResumedFromACheckpoint_DropsPointsBeyondIt()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (run, claim, step) = await WithStepAsync(database);
        var journal = database.Get<RunJournal>();
        await journal.StartStepAsync(claim, step, 0, Cancellation);
        foreach (var examples in new[] { 10L, 20, 30 })
            await journal.ReportAsync(claim, step, Progress(examples), [new MetricPoint("train_loss", null, examples, 1.0 / examples)], Cancellation);

        await journal.StartStepAsync(claim, step, resumeFromExamples: 20, Cancellation);

        var points = await database.Get<RunQueries>().MetricsAsync(run, 0, Cancellation);
        Assert.Equal([10, 20], points.Select(point => point.Examples));
    }

    [Fact]
    public async Task StartStepAsync_DoneStep_IsNeverDoneAgain()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (run, claim, step) = await WithStepAsync(database);
        var journal = database.Get<RunJournal>();
        await journal.StartStepAsync(claim, step, 0, Cancellation);
        await journal.ReportAsync(claim, step, Progress(100), [], Cancellation);
        await journal.CompleteStepAsync(claim, step, """{"checkpoint":"a"}""", Cancellation);

        await Assert.ThrowsAsync<InvalidOperationException>(() => journal.StartStepAsync(claim, step, 0, Cancellation));

        var found = (await journal.LoadAsync(run, Cancellation)).Value.Steps.Single();
        Assert.Equal((RunStepStatus.Done, 1.0, 100_000), (found.Status, found.Progress, found.DeviceMicroseconds));
    }

    [Fact]
    public async Task ReportAsync_NotANumber_KeepsTheRestOfTheCurve()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (run, claim, step) = await WithStepAsync(database);
        var journal = database.Get<RunJournal>();
        await journal.StartStepAsync(claim, step, 0, Cancellation);

        await journal.ReportAsync(claim, step, Progress(1), [new("train_loss", null, 1, double.NaN), new("train_loss", null, 2, 0.5)], Cancellation);

        Assert.Equal(0.5, Assert.Single(await database.Get<RunQueries>().MetricsAsync(run, 0, Cancellation)).Value);
    }

    [Fact]
    public async Task FailAsync_EndsTheRunAndLogsWhy()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (run, claim, step) = await WithStepAsync(database);
        var journal = database.Get<RunJournal>();
        await journal.StartStepAsync(claim, step, 0, Cancellation);
        await journal.FailStepAsync(claim, step, "The loss is not a number.", Cancellation);
        await journal.FailAsync(claim, "Stage 3 failed: the loss is not a number.", Cancellation);

        var found = (await journal.LoadAsync(run, Cancellation)).Value;
        Assert.Equal((RunStatus.Failed, RunStepStatus.Failed), (found.Status, found.Steps.Single().Status));
        Assert.Contains("not a number", Assert.Single(await database.Get<RunQueries>().EventsAsync(run, 0, Cancellation)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RegisterAsync_Twice_IsOneModelVersion()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var (run, claim) = await database.StartRunAsync(task.Id);
        var journal = database.Get<RunJournal>();
        await journal.ChangeTaskAsync(claim, task.Id, change => change.Decide(TaskDecision.Kept, "It helps.", null), Cancellation);
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Register)], Cancellation);
        var step = (await journal.LoadAsync(run.Id, Cancellation)).Value.Steps.Single();
        await journal.StartStepAsync(claim, step.Id, 0, Cancellation);
        var added = new NewModelVersion("base", "models/x", new string('b', 64), 256, 10, [new(task.Id, "macro_f1", 1, 1, 1, null, null, null, 2, ServedBy.Shared, GateVerdict.NotEnoughRows, "Too few.")]);
        var registry = database.Get<ModelRegistry>();

        var first = (await registry.RegisterAsync(claim, step.Id, added, Cancellation)).Value;
        var second = (await registry.RegisterAsync(claim, step.Id, added, Cancellation)).Value;

        Assert.Equal(first.Id, second.Id);
        var found = (await journal.LoadAsync(run.Id, Cancellation)).Value;
        Assert.Equal((RunStatus.Succeeded, (Guid?)first.Id, TaskDecision.Kept), (found.Status, found.ModelVersionId, found.Tasks.Single().Decision));
        Assert.Equal("one", Assert.Single((await registry.FindAsync(1, Cancellation)).Value.Evaluations).Task!.Name);
    }

    private static async Task<(Guid Run, Domain.Claims.Claim Claim, Guid Step)> WithStepAsync(TestDatabase database)
    {
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var (run, claim) = await database.StartRunAsync(task.Id);
        var journal = database.Get<RunJournal>();
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Stage3)], Cancellation);
        return (run.Id, claim, (await journal.LoadAsync(run.Id, Cancellation)).Value.Steps.Single().Id);
    }

    [Fact]
    public async Task PlanStepsAsync_WithPlaces_FillsGapsLaterAndRenewsTotalsOfPendingSteps()
    {
        await using var database = await TestDatabase.CreateAsync();
        var task = await database.AddReadyTaskAsync(await database.AddTeamAsync(), "one");
        var (run, claim) = await database.StartRunAsync(task.Id);
        var journal = database.Get<RunJournal>();
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Stage3, null, 100, 1), new PlannedStep(RunStepKind.Evaluate, null, 10, 3)], Cancellation);

        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Stage3, null, 80, 1), new PlannedStep(RunStepKind.Adapter, task.Id, 20, 2)], Cancellation);

        var steps = (await journal.LoadAsync(run.Id, Cancellation)).Value.Steps;
        Assert.Equal([(RunStepKind.Stage3, 80L), (RunStepKind.Adapter, 20L), (RunStepKind.Evaluate, 10L)], steps.Select(step => (step.Kind, step.ExamplesTotal)));
    }
}
