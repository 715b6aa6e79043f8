using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Models;
using Platform.Domain.Models.Reports;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Engine.Evaluation;
using Platform.Engine.Serving;
using Platform.Jobs.Runs;

namespace Platform.Jobs.Tests.Runs;

public sealed class RunExecutorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ExecuteAsync_FourTasks_RegistersAModelThatServesThemAll()
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportReadyAsync(TinyTasks.All);
        var planned = await world.PlanAsync(tasks, JobsWorld.SmallRecipe with { Validation = new() { RowsMax = 60 } });

        await world.ExecuteAsync(planned);

        var run = await world.LoadAsync(planned);
        Assert.True(run.Status == RunStatus.Succeeded, run.Error);
        Assert.All(run.Steps, step => Assert.Equal(RunStepStatus.Done, step.Status));
        Assert.Equal(run.Steps.Select(step => step.Kind).Order(), run.Steps.Select(step => step.Kind));
        AssertDecisions(run);
        Assert.Empty(world.WorkFolders(run));

        var version = Assert.Single(await world.Get<ModelRegistry>().ListAsync(Cancellation));
        var folder = world.Get<ArtifactStore>().FullPath(version.ArtifactPath);
        Assert.True((await world.Get<ArtifactStore>().VerifyAsync(version.ArtifactPath, version.Sha256, Cancellation)).IsSuccess);
        Assert.Contains("\"sentence\"", await File.ReadAllTextAsync(Path.Combine(folder, "model-card.json"), Cancellation));
        Assert.Equal(4, version.Evaluations.Count);
        Assert.Equal(4, ParitySample.Read(folder).Select(sample => sample.Task).Distinct().Count());
        using var model = MultiTaskModel.Load(folder);
        var answers = model.Predict([new ServedInput("guest-mood", "the room was lovely"), new ServedInput("short-title", "a clean bed near the tower")], truncate: true, Cancellation);
        Assert.Contains(answers[0].Output, new[] { "happy", "unhappy" });
        Assert.NotNull(model.Tasks["short-title"].Adapter);
        await AssertKeptAnswersAsync(world, version);
        await AssertReadableAsync(world, version);
        foreach (var evaluation in version.Evaluations)
            await AssertReportAsync(world, evaluation, model.Tasks[evaluation.Task!.Name]);
    }

    [Fact]
    public async Task ExecuteAsync_TextsFirstAdaptersAndConvergenceWeights_TrainsAllStagesFromEachOther()
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportReadyAsync(TinyTasks.All);
        var planned = await world.PlanAsync(tasks, JobsWorld.UnfilteredRecipe with
        {
            Stage0 = new() { Tokens = 600 },
            Stage2 = new() { HighResource = HighResourceRule.Quantile, HighResourceQuantile = 0.5, Mixing = new() { Strategy = MixingStrategy.Uniform }, LossBalance = LossBalance.Coba },
            Stage3 = new() { Mixing = new() { Strategy = MixingStrategy.Weights, Weights = TinyTasks.All.ToDictionary(task => task.Name, _ => 1.0) }, EarlyStop = new() { Patience = 2, RollBack = true } },
            Training = JobsWorld.SmallRecipe.Training with { Method = TrainingMethod.Lora },
            Validation = new() { RowsMax = 20, Count = 12 },
            Baselines = new() { Epochs = 1, ExamplesMax = 30 },
        });

        await world.ExecuteAsync(planned);

        var run = await world.LoadAsync(planned);
        Assert.True(run.Status == RunStatus.Succeeded, run.Error);
        TrainingOutcome Outcome(RunStepKind kind) => StepResults.Read<TrainingOutcome>(run.Steps.Single(step => step.Kind == kind).ResultJson!);
        Assert.InRange(Outcome(RunStepKind.Stage0).Tokens, 300, 1200);
        Assert.Equal(tasks.Count, Outcome(RunStepKind.Stage0).ExamplesByTask.Count);
        Assert.Equal(2, Outcome(RunStepKind.Stage2).ExamplesByTask.Count(task => task.Value > 0));
        Assert.All(run.Steps.Where(step => step.Kind == RunStepKind.Baseline), step => Assert.InRange(StepResults.Read<BaselineOutcome>(step.ResultJson!).Examples, 1, 30));
        Assert.Single(await world.Get<ModelRegistry>().ListAsync(Cancellation));
        await AssertCurvesWithoutWhatWasRolledBackAsync(world, run.Steps.Single(step => step.Kind == RunStepKind.Stage3));
    }

    /// <summary>A point of a curve is there once, however often the training passed it.</summary>
    private static async Task AssertCurvesWithoutWhatWasRolledBackAsync(JobsWorld world, RunStep stage)
    {
        await using var context = await world.Get<IDbContextFactory<Domain.Persistence.PlatformDbContext>>().CreateDbContextAsync(Cancellation);
        Assert.True(await context.RunEvents.AnyAsync(one => one.RunId == stage.RunId && one.Message.Contains("were rolled back"), Cancellation));
        var points = await context.RunMetrics.Where(point => point.StepId == stage.Id && point.Name == "validation_loss").ToListAsync(Cancellation);
        Assert.NotEmpty(points);
        Assert.Equal(points.Count, points.Select(point => (point.TaskId, point.Examples)).Distinct().Count());
    }

    /// <summary>The report is stored whole, says the same as the evaluation, and its temperature is the one that is served.</summary>
    private static async Task AssertReportAsync(JobsWorld world, TaskEvaluation evaluation, ServedTask served)
    {
        Assert.True((await world.Get<ArtifactStore>().VerifyAsync(evaluation.ReportPath!, evaluation.ReportSha256!, Cancellation)).IsSuccess);
        var report = StepResults.Read<Engine.Evaluation.Reports.EvaluationReport>(
            await File.ReadAllTextAsync(Path.Combine(world.Get<ArtifactStore>().FullPath(evaluation.ReportPath!), "report.json"), Cancellation));
        Assert.Equal(evaluation.Score, report.Score.Value);
        Assert.Equal(evaluation.TestRows, report.Rows);
        Assert.Equal(evaluation.Difference!.Value, report.Comparisons.Single().Difference.Value, 12);
        Assert.Equal(evaluation.PValue, report.Comparisons.Single().PValue);
        Assert.InRange(report.Comparisons.Single().AdjustedPValue!.Value, evaluation.PValue!.Value, 1);
        Assert.Equal(evaluation.Temperature, served.Temperature);
        Assert.Equal(served.Spec.IsClosed, report.Calibration is not null);
        if (report.Calibration is { } calibration)
        {
            Assert.Equal(60, calibration.ValidationRows);
            Assert.Equal(evaluation.Temperature, calibration.Temperature);
            Assert.Equal(calibration.Temperature is not null, calibration.After is not null);
        }
    }

    /// <summary>What the pages read is what the engine wrote: no field is lost or renamed on the way.</summary>
    private static async Task AssertReadableAsync(JobsWorld world, ModelVersion version)
    {
        foreach (var evaluation in version.Evaluations)
        {
            var written = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(world.Get<ArtifactStore>().FullPath(evaluation.ReportPath!), "report.json"), Cancellation));
            var read = (await world.Get<TaskReports>().FindAsync(JobsWorld.Admin, version.Number, evaluation.Task!.Name, null, Cancellation)).Value.Report;
            AssertHolds(written, JsonSerializer.SerializeToNode(read, JsonSerializerOptions.Web), "report");
        }
    }

    private static void AssertHolds(JsonNode? written, JsonNode? read, string place)
    {
        switch (written)
        {
            case JsonObject fields:
                foreach (var (name, value) in fields)
                {
                    Assert.True(read!.AsObject().ContainsKey(name), $"{place}.{name} is not read.");
                    AssertHolds(value, read[name], $"{place}.{name}");
                }

                break;
            case JsonArray items:
                Assert.Equal(items.Count, read!.AsArray().Count);
                foreach (var (index, item) in items.Index())
                    AssertHolds(item, read[index], $"{place}[{index}]");
                break;
            default:
                Assert.True(JsonNode.DeepEquals(written, read), $"{place} is {read}, not {written}.");
                break;
        }
    }

    /// <summary>Both models' answers can be read back row by row, with the probability of every label.</summary>
    private static async Task AssertKeptAnswersAsync(JobsWorld world, ModelVersion version)
    {
        foreach (var evaluation in version.Evaluations)
        {
            var ours = (await StoredPredictions.ReadAsync(world.Get<ArtifactStore>(), evaluation.PredictionsPath!, Cancellation)).Predictions;
            var single = (await StoredPredictions.ReadAsync(world.Get<ArtifactStore>(), evaluation.SinglePredictionsPath!, Cancellation)).Predictions;
            Assert.Equal(evaluation.TestRows, ours.Count);
            Assert.Equal(ours.Select(row => row.Id), single.Select(row => row.Id));
            var metric = Metric.Parse(evaluation.Metric, evaluation.Task!.Labels.Count > 0 ? evaluation.Task.Labels : null);
            Assert.Equal(evaluation.Score, metric.Score(ours), 12);
            Assert.Equal(evaluation.SingleScore!.Value, metric.Score(single), 12);
        }

        var mood = version.Evaluations.Single(one => one.Task!.Name == "guest-mood");
        Assert.All((await StoredPredictions.ReadAsync(world.Get<ArtifactStore>(), mood.PredictionsPath!, Cancellation)).Predictions, row =>
        {
            Assert.Equal(mood.Task!.Labels.Count, row.Probabilities!.Count);
            Assert.Equal(1, row.Probabilities.Sum(), 1e-5);
            Assert.Equal(row.Score!.Value, row.Probabilities[mood.Task.Labels.ToList().IndexOf(row.Actual)], 1e-6);
        });
    }

    private static void AssertDecisions(FineTuningRun run)
    {
        Assert.All(run.Tasks, task =>
        {
            Assert.NotEqual(TaskDecision.Pending, task.Decision);
            Assert.False(string.IsNullOrWhiteSpace(task.Reason));
            Assert.NotNull(task.SingleScore);
            Assert.InRange(task.MultiScore!.Value, task.Low!.Value, task.High!.Value);
        });
        var small = run.Tasks.Single(task => task.Task!.Name == "short-title");
        Assert.Equal(TaskDecision.Isolated, small.Decision);
        Assert.Contains("12 training rows", small.Reason);
        Assert.Equal(ServedBy.Adapter, small.ServedBy);
        Assert.Contains(run.Steps, step => step.Kind == RunStepKind.Adapter && step.TaskId == small.TaskId);
    }

    [Fact]
    public async Task ExecuteAsync_RunThatIsOver_ChangesNothing()
    {
        await using var world = await JobsWorld.CreateAsync();
        var planned = await world.PlanAsync(await world.ImportReadyAsync(TinyTasks.All.Take(2)), JobsWorld.UnfilteredRecipe with { ExamplesBudget = 64 });
        await world.ExecuteAsync(planned);
        var before = await world.LoadAsync(planned);

        await world.ExecuteAsync(planned);

        var after = await world.LoadAsync(planned);
        Assert.Equal(RunStatus.Succeeded, after.Status);
        Assert.Equal(before.EndedAt, after.EndedAt);
        Assert.Equal(before.ClaimFence, after.ClaimFence);
        Assert.Single(await world.Get<ModelRegistry>().ListAsync(Cancellation));
    }

    [Fact]
    public async Task ExecuteAsync_SameDataAndRecipeAgain_DoesNotTrainBaselinesTwice()
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportReadyAsync(TinyTasks.All.Take(2));
        var recipe = JobsWorld.UnfilteredRecipe with { ExamplesBudget = 64 };
        await world.ExecuteAsync(await world.PlanAsync(tasks, recipe));
        var second = await world.PlanAsync(tasks, recipe);

        await world.ExecuteAsync(second);

        await using var context = world.Open();
        Assert.Equal(2, await context.BaselineResults.CountAsync(Cancellation));
        Assert.Equal(2, (await world.EventsAsync(second)).Count(line => line.Contains("used again")));
        Assert.Equal(RunStatus.Succeeded, (await world.LoadAsync(second)).Status);
    }

    [Fact]
    public async Task ExecuteAsync_SecondRunWithoutCalibration_ComparesItsVersionWithTheFirst()
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportReadyAsync(TinyTasks.All.Take(1));
        var recipe = JobsWorld.UnfilteredRecipe with { ExamplesBudget = 64 };
        await world.ExecuteAsync(await world.PlanAsync(tasks, recipe));

        await world.ExecuteAsync(await world.PlanAsync(tasks, recipe with { Seed = 5, Evaluation = recipe.Evaluation with { Calibrate = false } }));

        Assert.Null((await world.Get<ModelRegistry>().FindAsync(2, Cancellation)).Value.Evaluations.Single().Temperature);
        var found = (await world.Get<TaskReports>().FindAsync(JobsWorld.Admin, 2, "guest-mood", against: 1, Cancellation)).Value;
        Assert.Equal("Not calibrated: the recipe switches calibration off.", found.Report!.Calibration!.Sentence);
        var comparison = found.Other!.Comparison!;
        Assert.Equal((40, found.Evaluation.Score, found.Other.Evaluation.Score), (comparison.Rows, comparison.Score, comparison.OtherScore));
        Assert.Equal(comparison.Score - comparison.OtherScore, comparison.Difference.Value, 12);
        Assert.Equal(comparison.Score - comparison.OtherScore, (comparison.BetterRows - comparison.WorseRows) / 40.0, 12);
    }

    [Fact]
    public async Task ExecuteAsync_PausedInStage3_GoesOnAfterResumeAndEndsWithTheSameWeights()
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportReadyAsync(TinyTasks.All.Take(2));
        var recipe = JobsWorld.WithEpochs(JobsWorld.UnfilteredRecipe, 100) with { ExamplesBudget = 4800 }; // long enough for a pause to come in time on a quick machine
        var undisturbed = await world.PlanAsync(tasks, recipe);
        await world.ExecuteAsync(undisturbed);
        var planned = await world.PlanAsync(tasks, recipe);
        var executing = world.ExecuteAsync(planned);
        await Until.TrueAsync(async () => (await world.LoadAsync(planned)).Steps.Any(step => step is { Kind: RunStepKind.Stage3, ExamplesDone: > 0 }));

        await world.Get<RunPauses>().PauseAsync(JobsWorld.Admin, planned.Id, Cancellation);
        await executing;

        var paused = await world.LoadAsync(planned);
        Assert.Equal(RunStatus.Paused, paused.Status);
        Assert.Null(paused.ClaimOwner);
        Assert.Contains(paused.Steps, step => step is { Kind: RunStepKind.Stage3, Status: RunStepStatus.Running });
        await world.ExecuteAsync(planned);
        Assert.Equal(RunStatus.Paused, (await world.LoadAsync(planned)).Status);

        await world.Get<RunPauses>().ResumeAsync(JobsWorld.Admin, planned.Id, Cancellation);
        await world.ExecuteAsync(planned);

        var run = await world.LoadAsync(planned);
        Assert.True(run.Status == RunStatus.Succeeded, run.Error);
        var versions = await world.Get<ModelRegistry>().ListAsync(Cancellation);
        Assert.Equal(Weights(undisturbed), Weights(planned));

        byte[] Weights(FineTuningRun of) => File.ReadAllBytes(Path.Combine(world.Get<ArtifactStore>().FullPath(versions.Single(version => version.RunId == of.Id).ArtifactPath), "model.safetensors"));
    }

    [Fact]
    public async Task ExecuteAsync_PausedRunCancelled_ClearsUp()
    {
        await using var world = await JobsWorld.CreateAsync();
        var planned = await world.PlanAsync(await world.ImportReadyAsync(TinyTasks.All.Take(2)), JobsWorld.UnfilteredRecipe);
        var executing = world.ExecuteAsync(planned);
        await Until.TrueAsync(async () => (await world.LoadAsync(planned)).Steps.Any(step => step is { Kind: RunStepKind.Baseline, Status: RunStepStatus.Running }));
        await world.Get<RunPauses>().PauseAsync(JobsWorld.Admin, planned.Id, Cancellation);
        await executing;
        await world.Get<RunPlanning>().CancelAsync(JobsWorld.Admin, planned.Id, "Not needed.", Cancellation);

        await world.ExecuteAsync(planned);

        var run = await world.LoadAsync(planned);
        Assert.Equal(RunStatus.Cancelled, run.Status);
        Assert.DoesNotContain(run.Steps, step => step.Status == RunStepStatus.Running);
        Assert.Empty(world.WorkFolders(run));
    }

    [Fact]
    public async Task ExecuteAsync_HostStops_LetsGoAndTheNextExecutionGoesOn()
    {
        await using var world = await JobsWorld.CreateAsync();
        var planned = await world.PlanAsync(await world.ImportReadyAsync(TinyTasks.All.Take(2)), JobsWorld.UnfilteredRecipe);
        using var stop = new CancellationTokenSource();
        var executing = world.ExecuteAsync(planned, stop.Token);
        await Until.TrueAsync(async () => (await world.LoadAsync(planned)).Steps.Any(step => step is { Kind: RunStepKind.Stage3, Status: RunStepStatus.Running }));
        await stop.CancelAsync();
        await executing;

        var stopped = await world.LoadAsync(planned);
        Assert.Equal(RunStatus.Running, stopped.Status);
        Assert.Null(stopped.ClaimOwner);
        await world.ExecuteAsync(planned);

        var run = await world.LoadAsync(planned);
        Assert.True(run.Status == RunStatus.Succeeded, run.Error);
        Assert.All(
            stopped.Steps.Where(step => step.Status == RunStepStatus.Done),
            before => Assert.Equal(before.EndedAt, run.Steps.Single(step => step.Id == before.Id).EndedAt));
    }

    [Fact]
    public async Task ExecuteAsync_CancelledWhileTraining_EndsCancelledAndFreesTheDisk()
    {
        await using var world = await JobsWorld.CreateAsync();
        var planned = await world.PlanAsync(
            await world.ImportReadyAsync(TinyTasks.All.Take(2)), JobsWorld.WithEpochs(JobsWorld.SmallRecipe, 1000) with { ExamplesBudget = 100_000 });
        var executing = world.ExecuteAsync(planned);
        await Until.TrueAsync(async () => (await world.LoadAsync(planned)).Steps.Any(step => step is { Kind: RunStepKind.Baseline, ExamplesDone: > 0 }));

        await world.Get<RunPlanning>().CancelAsync(JobsWorld.Admin, planned.Id, "Wrong recipe.", Cancellation);
        await executing;

        var run = await world.LoadAsync(planned);
        Assert.Equal(RunStatus.Cancelled, run.Status);
        Assert.Null(run.ClaimOwner);
        Assert.Empty(world.WorkFolders(run));
    }

    [Fact]
    public async Task ExecuteAsync_BaseModelMissing_FailsWithTheMendAndARetryEnds()
    {
        await using var world = await JobsWorld.CreateAsync();
        var planned = await world.PlanAsync(await world.ImportReadyAsync(TinyTasks.All.Take(2)), JobsWorld.UnfilteredRecipe with { ExamplesBudget = 64 });
        var elsewhere = world.BaseModel + ".away";
        Directory.Move(world.BaseModel, elsewhere);
        await world.ExecuteAsync(planned);

        var failed = await world.LoadAsync(planned);
        Assert.Equal(RunStatus.Failed, failed.Status);
        Assert.Contains(world.BaseModel, failed.Error);
        Assert.Contains("Platform__BaseModelPath", failed.Error);

        Directory.Move(elsewhere, world.BaseModel);
        Assert.True((await world.Get<RunPlanning>().RetryAsync(JobsWorld.Admin, planned.Id, Cancellation)).IsSuccess);
        await world.ExecuteAsync(planned);
        var run = await world.LoadAsync(planned);
        Assert.True(run.Status == RunStatus.Succeeded, run.Error);
        Assert.Null(run.Error);
    }
}
