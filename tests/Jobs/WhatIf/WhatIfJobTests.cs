using Platform.Domain.Artifacts;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Filtering;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.WhatIf;
using Platform.Jobs.WhatIf;

namespace Platform.Jobs.Tests.WhatIf;

public sealed class WhatIfJobTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_AfterARunWithLeaveOneOut_AnswersForATaskThatWasNoPartOfIt()
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportReadyAsync(TinyTasks.All);
        var joining = tasks.Single(task => task.Name == "short-title");
        var recipe = JobsWorld.SmallRecipe with
        {
            Filter = JobsWorld.SmallRecipe.Filter with
            {
                Strategy = FilterStrategy.LeaveOneOut,
                Overrides = new Dictionary<string, FilterOverride> { ["place-slots"] = new() { Decision = OverrideDecision.Kept, Reason = "The slots team asked for it." } },
            },
        };
        var planned = await world.PlanAsync([.. tasks.Where(task => task != joining)], recipe);

        await world.ExecuteAsync(planned);

        var run = await world.LoadAsync(planned);
        Assert.True(run.Status == RunStatus.Succeeded, run.Error);
        var overridden = run.Tasks.Single(task => task.Task!.Name == "place-slots");
        Assert.Equal((TaskDecision.Kept, "Kept by the recipe: The slots team asked for it."), (overridden.Decision, overridden.Reason));
        var findings = FilterFindings.Of(run)!;
        Assert.Equal("leaveOneOut", findings.Strategy);
        Assert.Equal(["guest-mood", "same-place"], findings.Map!.Tasks);
        Assert.All(findings.Tasks, finding => Assert.Equal(finding.Sentence, run.Tasks.Single(task => task.Task!.Name == finding.Task).Reason));
        Assert.True((await world.Get<ArtifactStore>().VerifyAsync(findings.Probe!.Path, findings.Probe.Sha256, Cancellation)).IsSuccess);

        var estimates = world.Get<WhatIfEstimates>();
        var asked = (await estimates.AskAsync(JobsWorld.Admin, joining.Id, Cancellation)).Value;
        await world.JobAsync<WhatIfJob>(job => job.RunAsync(asked.Id, Cancellation));

        var done = (await estimates.NewestAsync(joining.Id, Cancellation))!;
        Assert.True(done.Status == WhatIfStatus.Done, done.Error);
        var answer = WhatIfAnswer.Of(done)!;
        Assert.Equal((12, 60), (answer.TrainRows, answer.ValidationRows));
        Assert.Equal(["guest-mood", "same-place"], answer.OnNeighbours.Select(neighbour => neighbour.Task).Order());
        Assert.All(answer.OnNeighbours.Append(answer.OnItself), effect => Assert.InRange(effect.Effect.Value, effect.Effect.Low, effect.Effect.High));
        Assert.Contains("short-title", answer.OnItself.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_ProbeThatIsDamaged_FailsAndSaysWhy()
    {
        await using var world = await JobsWorld.CreateAsync();
        var tasks = await world.ImportReadyAsync(TinyTasks.All.Take(3));
        var planned = await world.PlanAsync([tasks[0], tasks[1]], JobsWorld.SmallRecipe with { Filter = JobsWorld.SmallRecipe.Filter with { Strategy = FilterStrategy.Affinity } });
        await world.ExecuteAsync(planned);
        var probe = FilterFindings.Of(await world.LoadAsync(planned))!.Probe!;
        await File.AppendAllTextAsync(Path.Combine(world.Get<ArtifactStore>().FullPath(probe.Path), "probe.json"), " ", Cancellation);
        var estimates = world.Get<WhatIfEstimates>();
        var asked = (await estimates.AskAsync(JobsWorld.Admin, tasks[2].Id, Cancellation)).Value;

        await world.JobAsync<WhatIfJob>(job => job.RunAsync(asked.Id, Cancellation));

        var failed = (await estimates.NewestAsync(tasks[2].Id, Cancellation))!;
        Assert.Equal(WhatIfStatus.Failed, failed.Status);
        Assert.Contains(probe.Path, failed.Error, StringComparison.Ordinal);
    }
}
