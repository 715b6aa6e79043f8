using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Tasks;
using Platform.Jobs.Runs;
using Platform.Method;

namespace Platform.Jobs.Tests.Runs;

public sealed class RunPlanTests
{
    private static readonly Recipe Recipe = new() { ExamplesBudget = 2000 };

    private static RunTask Task(string name, long rows) => new()
    {
        RunId = Guid.NewGuid(),
        TaskId = Guid.NewGuid(),
        DatasetVersionId = Guid.NewGuid(),
        TrainRows = rows,
        TestRows = 50,
        Task = new TaskDefinition
        {
            TeamId = Guid.NewGuid(),
            Name = name,
            Kind = TaskKind.Generation,
            Instruction = "Write.",
            Metric = "chrf",
            CreatedAt = DateTimeOffset.UnixEpoch,
        },
    };

    [Fact]
    public void Steps_BeforeTheFilter_ShowTheWholePlanWithTotals()
    {
        RunTask[] tasks = [Task("a", 2000), Task("b", 100), Task("c", 30)];

        var steps = RunPlan.Steps(Recipe, tasks);

        Assert.Equal(
            [RunStepKind.CheckData, RunStepKind.Baseline, RunStepKind.Baseline, RunStepKind.Baseline, RunStepKind.Probe, RunStepKind.Stage2, RunStepKind.Stage3, RunStepKind.Evaluate, RunStepKind.Register],
            steps.Select(step => step.Kind));
        Assert.Equal(2000, steps.Where(step => step.Kind is RunStepKind.Stage2 or RunStepKind.Stage3).Sum(step => step.ExamplesTotal));
        Assert.Equal(2000, steps.Where(step => step.Kind == RunStepKind.Baseline).Sum(step => step.ExamplesTotal));
    }

    [Fact]
    public void Steps_TaskIsolated_AddsItsAdapterBeforeTheEvaluationAndKeepsAllOtherPlaces()
    {
        RunTask[] tasks = [Task("a", 2000), Task("b", 100), Task("c", 30)];
        var before = RunPlan.Steps(Recipe, tasks).ToDictionary(step => (step.Kind, step.TaskId), step => step.Ordinal);
        tasks[2].Decide(TaskDecision.Isolated, "Too small.", null);

        var steps = RunPlan.Steps(Recipe, tasks);

        Assert.All(before, step => Assert.Equal(step.Value, steps.Single(after => (after.Kind, after.TaskId) == step.Key).Ordinal));
        var adapter = Assert.Single(steps, step => step.Kind == RunStepKind.Adapter);
        Assert.Equal(tasks[2].TaskId, adapter.TaskId);
        Assert.InRange(adapter.Ordinal!.Value, steps.Single(step => step.Kind == RunStepKind.Stage3).Ordinal!.Value + 1, steps.Single(step => step.Kind == RunStepKind.Evaluate).Ordinal!.Value - 1);
        Assert.Equal(steps.Single(step => step.TaskId == tasks[2].TaskId && step.Kind == RunStepKind.Baseline).ExamplesTotal, adapter.ExamplesTotal);
    }

    [Fact]
    public void Steps_TaskIsolated_LeavesTheKeptTasksAsManyExamplesAsTheirBaselines()
    {
        RunTask[] tasks = [Task("a", 2000), Task("b", 100), Task("c", 30)];
        var baselines = RunPlan.Steps(Recipe, tasks).Where(step => step.Kind == RunStepKind.Baseline).Select(step => step.ExamplesTotal).ToList();
        tasks[2].Decide(TaskDecision.Isolated, "Too small.", null);

        Assert.Equal(baselines.Take(2), RunPlan.KeptMixture(Recipe, tasks).TotalExamples);
    }

    [Fact]
    public void Steps_PartsLeftOut_AreNotPlanned()
    {
        var steps = RunPlan.Steps(Recipe with { Stage2 = new() { Share = 0 }, Filter = new() { Strategy = FilterStrategy.Rules } }, [Task("a", 2000), Task("b", 100)]);

        Assert.DoesNotContain(steps, step => step.Kind is RunStepKind.Stage2 or RunStepKind.Probe);
    }
}
