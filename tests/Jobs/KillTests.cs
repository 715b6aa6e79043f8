using Microsoft.EntityFrameworkCore;
using Platform.Domain.Artifacts;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.TestStorage;

namespace Platform.Jobs.Tests;

/// <summary>The real program, killed in the middle of its work and started again.</summary>
public sealed class KillTests
{
    private static readonly Recipe LongRecipe = JobsWorld.WithEpochs(JobsWorld.SmallRecipe, 100) with { Filter = new() { Strategy = FilterStrategy.Rules }, ExamplesBudget = 4000 };

    /// <summary>Most of its time goes into the dedicated models, so that a fast machine is not through with them before anybody looks.</summary>
    private static readonly Recipe LongBaselines = JobsWorld.UnfilteredRecipe with { ExamplesBudget = 200, Baselines = new() { Epochs = 1000, ExamplesMax = 4000, Patience = 0 } };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RunStepKind.Baseline)]
    [InlineData(RunStepKind.Stage3)]
    public async Task Jobs_KilledInAStepAndStartedAgain_EndsTheRunWithoutDoingDoneStepsAgain(RunStepKind during)
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportAsync(TinyTasks.All);
        FineTuningRun planned, killed;
        await using (var first = await JobsProcess.StartAsync(world))
        {
            await Until.TrueAsync(() => AreReadyAsync(world));
            planned = await world.PlanAsync(during == RunStepKind.Baseline ? [.. tasks.Take(2)] : tasks, during == RunStepKind.Baseline ? LongBaselines : LongRecipe);
            await Until.TrueAsync(async () => IsInside(await world.LoadAsync(planned), during));
            await first.KillAsync();
            killed = await world.LoadAsync(planned);
        }

        Assert.Equal(RunStatus.Running, killed.Status);
        Assert.NotNull(killed.ClaimOwner);
        await using var second = await JobsProcess.StartAsync(world);
        await Until.TrueAsync(async () => (await world.LoadAsync(planned)).IsOver);

        var run = await world.LoadAsync(planned);
        Assert.True(run.Status == RunStatus.Succeeded, $"{run.Error}\n{second.Output}");
        Assert.Equal(killed.ClaimFence + 1, run.ClaimFence);
        AssertDoneStepsWereLeft(killed, run);
        await AssertNoPointTwiceAsync(world, run);

        if (during == RunStepKind.Baseline)
            return;

        // The same data and recipe, this time without a kill: the weights are the same to the bit.
        var undisturbed = await world.PlanAsync(tasks, LongRecipe);
        await Until.TrueAsync(async () => (await world.LoadAsync(undisturbed)).IsOver);
        Assert.Equal(await WeightsAsync(world, undisturbed), await WeightsAsync(world, run));
    }

    /// <summary>
    /// A host that stands still (a machine that swaps, a container that is frozen) is taken for dead. When it goes on, somebody else has its run.
    /// </summary>
    [Fact]
    public async Task Jobs_StoppedTakenOverAndContinued_WritesNothingMoreIntoTheRun()
    {
        Assert.SkipUnless(TestDatabaseCopy.UsesPostgres, "Several hosts need PostgreSQL; the suite's second pass has it.");
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportAsync(TinyTasks.All);
        await using var paused = await JobsProcess.StartAsync(world);
        await Until.TrueAsync(() => AreReadyAsync(world));
        var planned = await world.PlanAsync(tasks, LongRecipe);
        await Until.TrueAsync(async () => IsInside(await world.LoadAsync(planned), RunStepKind.Stage3));
        await paused.SignalAsync("STOP");
        var before = await world.LoadAsync(planned);

        await using var second = await JobsProcess.StartAsync(world);
        await ForgetHeartbeatAsync(world, planned);
        await Until.TrueAsync(async () => (await world.LoadAsync(planned)).ClaimFence == before.ClaimFence + 1);
        await paused.SignalAsync("CONT");
        await Until.TrueAsync(async () => (await world.LoadAsync(planned)).IsOver);

        var run = await world.LoadAsync(planned);
        Assert.True(run.Status == RunStatus.Succeeded, $"{run.Error}\n{second.Output}");
        Assert.Equal(before.ClaimFence + 1, run.ClaimFence);
        AssertDoneStepsWereLeft(before, run);
        await AssertNoPointTwiceAsync(world, run);
        await Until.TrueAsync(() => Task.FromResult(paused.Output.Contains("took over", StringComparison.Ordinal)));
        Assert.DoesNotContain("took over", second.Output, StringComparison.Ordinal);

        // The same data and recipe, this time undisturbed: the weights are the same to the bit.
        var undisturbed = await world.PlanAsync(tasks, LongRecipe);
        await Until.TrueAsync(async () => (await world.LoadAsync(undisturbed)).IsOver);
        Assert.Equal(await WeightsAsync(world, undisturbed), await WeightsAsync(world, run));
    }

    /// <summary>As if the two minutes had passed after which a silent host counts as dead.</summary>
    private static async Task ForgetHeartbeatAsync(JobsWorld world, FineTuningRun run)
    {
        await using var context = world.Open();
        var longAgo = TimeProvider.System.GetUtcNow() - WorkClaims.StaleAfter - TimeSpan.FromSeconds(1);
        await context.Runs.Where(found => found.Id == run.Id).ExecuteUpdateAsync(set => set.SetProperty(found => found.HeartbeatAt, longAgo), Cancellation);
    }

    private static async Task<bool> AreReadyAsync(JobsWorld world)
    {
        await using var context = world.Open();
        return await context.DatasetVersions.AllAsync(version => version.Status == DatasetStatus.Ready, Cancellation);
    }

    private static bool IsInside(FineTuningRun run, RunStepKind kind)
    {
        Assert.False(run.IsOver, $"The run was over before it could be killed ({run.Status}: {run.Error}).");
        return run.Steps.Any(step => step.Kind == kind && step.Status == RunStepStatus.Running && step.Progress is > 0.1 and < 0.7);
    }

    private static void AssertDoneStepsWereLeft(FineTuningRun killed, FineTuningRun run)
    {
        var done = killed.Steps.Where(step => step.Status == RunStepStatus.Done).ToList();
        foreach (var before in done)
        {
            var after = run.Steps.Single(step => step.Id == before.Id);
            Assert.Equal((before.StartedAt, before.EndedAt, before.ResultJson), (after.StartedAt, after.EndedAt, after.ResultJson));
        }

        var interrupted = Assert.Single(killed.Steps, step => step.Status == RunStepStatus.Running);
        Assert.Equal(interrupted.StartedAt, run.Steps.Single(step => step.Id == interrupted.Id).StartedAt);
    }

    private static async Task AssertNoPointTwiceAsync(JobsWorld world, FineTuningRun run)
    {
        var points = await world.Get<RunQueries>().MetricsAsync(run.Id, 0, Cancellation);
        Assert.NotEmpty(points);
        Assert.All(points.GroupBy(point => (point.StepId, point.TaskId, point.Name, point.Examples)), same => Assert.Single(same));
    }

    private static async Task<byte[]> WeightsAsync(JobsWorld world, FineTuningRun run)
    {
        var version = (await world.Get<ModelRegistry>().ListAsync(Cancellation)).Single(found => found.RunId == run.Id);
        return await File.ReadAllBytesAsync(Path.Combine(world.Get<ArtifactStore>().FullPath(version.ArtifactPath), "model.safetensors"), Cancellation);
    }
}
