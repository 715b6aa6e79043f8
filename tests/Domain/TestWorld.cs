using Microsoft.EntityFrameworkCore;
using Platform.Domain.Bundles;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Checks;
using Platform.Domain.Deployments;
using Platform.Domain.Models;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Users;

namespace Platform.Domain.Tests;

/// <summary>Short ways to the states that tests start from, all through the real operations.</summary>
public static class TestWorld
{
    public static Actor Admin { get; } = Actor.System("admin");

    public static Actor SecondAdmin { get; } = Actor.System("second admin");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TaskDraft Sentiment(string name = "hotel-sentiment") => new()
    {
        Name = name,
        Kind = "classification",
        Instruction = "Say whether the guest liked the stay.",
        Labels = ["good", "bad"],
        Metric = "macro_f1",
    };

    public static async Task<Team> AddTeamAsync(this TestDatabase database, string name = "hotels") =>
        (await database.Get<TeamDirectory>().CreateAsync(Admin, name, name, Cancellation)).Value;

    public static Actor MemberOf(params IEnumerable<Team> teams) => Actor.ForUser(Guid.CreateVersion7(), "Mia", isAdmin: false, teams.Select(team => team.Id));

    public static async Task<TaskDefinition> AddTaskAsync(this TestDatabase database, Team team, string name = "hotel-sentiment") =>
        (await database.Get<TaskCatalog>().RegisterAsync(Admin, team.Id, Sentiment(name), Cancellation)).Value;

    public static string Row(string id, string text, string output) => $$"""{"id":"{{id}}","input":{"text":"{{text}}"},"output":"{{output}}"}""";

    /// <summary>A bundle's files; what is not given holds two sound rows.</summary>
    public static string WriteBundle(
        this TestDatabase database, string name, string? taskJson = null, string? train = null, string? validation = null, string? test = null)
    {
        var folder = Path.Combine(database.Folder, "bundles", name);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "task.json"), taskJson ?? $$"""
            {"name":"{{name}}","kind":"classification","instruction":"Say whether the guest liked the stay.","labels":["good","bad"],"metric":"macro_f1","source":{"year":2026},"note":"kept"}
            """);
        foreach (var (split, text) in new[] { ("train", train), ("validation", validation), ("test", test) })
            File.WriteAllText(Path.Combine(folder, split + ".jsonl"), text ?? Row($"{split}-a", $"{name} {split} lovely", "good") + "\n" + Row($"{split}-b", $"{name} {split} dirty", "bad") + "\n");
        return folder;
    }

    public static async Task<DatasetVersion> CheckAsync(this TestDatabase database, Guid versionId, CheckLimits? limits = null)
    {
        var claim = await database.Get<WorkClaims>().TryClaimAsync<DatasetVersion>(versionId, "checker", Cancellation);
        return (await database.Get<DatasetChecks>().RunAsync(claim!, _ => limits ?? new CheckLimits(null, 0), Cancellation)).Value;
    }

    public static async Task<TaskDefinition> AddReadyTaskAsync(this TestDatabase database, Team team, string name)
    {
        var imported = (await database.Get<BundleImport>().ImportAsync(Admin, team.Id, database.WriteBundle(name), Cancellation)).Value;
        await database.CheckAsync(imported.Version.Id);
        return imported.Task;
    }

    public static async Task<(FineTuningRun Run, Claim Claim)> StartRunAsync(this TestDatabase database, params IReadOnlyList<Guid> tasks)
    {
        var run = (await database.Get<RunPlanning>().PlanAsync(Admin, new RunRequest(null, tasks, new Recipe(), "models/base"), Cancellation)).Value;
        var claim = (await database.Get<WorkClaims>().TryClaimAsync<FineTuningRun>(run.Id, "jobs", Cancellation))!;
        await database.Get<RunJournal>().StartAsync(claim, Cancellation);
        return (run, claim);
    }

    public static Task<ModelVersion> AddModelAsync(
        this TestDatabase database, TaskDefinition task, GateVerdict verdict = GateVerdict.Pass, Func<NewTaskEvaluation, NewTaskEvaluation>? change = null) =>
        database.AddModelAsync([task], verdict, change);

    public static async Task<ModelVersion> AddModelAsync(
        this TestDatabase database, IReadOnlyList<TaskDefinition> tasks, GateVerdict verdict = GateVerdict.Pass, Func<NewTaskEvaluation, NewTaskEvaluation>? change = null)
    {
        var (run, claim) = await database.StartRunAsync([.. tasks.Select(task => task.Id)]);
        var journal = database.Get<RunJournal>();
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Register)], Cancellation);
        var step = (await journal.LoadAsync(run.Id, Cancellation)).Value.Steps.Single();
        await journal.StartStepAsync(claim, step.Id, 0, Cancellation);
        List<NewTaskEvaluation> evaluations = [.. tasks
            .Select(task => new NewTaskEvaluation(task.Id, task.Metric, 0.8, 0.7, 0.9, 0.81, -0.05, 0.03, 100, ServedBy.Shared, verdict, "Fine."))
            .Select(evaluation => change?.Invoke(evaluation) ?? evaluation)];
        return (await database.Get<ModelRegistry>().RegisterAsync(
            claim, step.Id, new NewModelVersion("models/base", "models/abc", new string('a', 64), 256, 1000, evaluations), Cancellation)).Value;
    }

    public static async Task<Deployment> ApproveAsync(this TestDatabase database, ModelVersion version)
    {
        var approval = database.Get<DeploymentApproval>();
        var requested = (await approval.RequestAsync(Admin, version.Id, Cancellation)).Value;
        return (await approval.ApproveAsync(SecondAdmin, requested.Id, "Good scores.", Acceptance.Nothing, RolloutPlan.Full, upstream: null, Cancellation)).Value;
    }

    public static async Task<Claim> BeginDeployingAsync(this TestDatabase database, Guid deploymentId)
    {
        var claims = database.Get<WorkClaims>();
        var claim = (await claims.TryClaimAsync<Deployment>(deploymentId, "jobs", Cancellation))!;
        await database.Get<DeploymentRollout>().BeginDeployingAsync(claim, Admin, Cancellation);
        return (await claims.TryClaimAsync<Deployment>(deploymentId, "api", Cancellation))!;
    }

    public static async Task<int> CountAuditAsync(this TestDatabase database, string action)
    {
        await using var context = database.Open();
        return await context.AuditEntries.CountAsync(entry => entry.Action == action, Cancellation);
    }
}
