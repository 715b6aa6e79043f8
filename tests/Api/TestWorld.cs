using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Artifacts;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Checks;
using Platform.Domain.Deployments;
using Platform.Domain.Keys;
using Platform.Domain.Models;
using Platform.Domain.Persistence;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Users;
using Platform.Engine.Tasks;

namespace Platform.Api.Tests;

/// <summary>Teams, tasks, keys, model versions and deployments, all made through the domain's operations as Portal and Jobs make them.</summary>
internal sealed class TestWorld(IServiceProvider services)
{
    private static readonly Actor Admin = Actor.System("admin");
    private static readonly Actor SecondAdmin = Actor.System("second admin");

    private readonly Dictionary<string, TaskDefinition> tasks = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public Team Hotels { get; private set; } = null!;

    public Team Flights { get; private set; } = null!;

    public Guid TaskId(string name) => tasks[name].Id;

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public PlatformDbContext Open() => Get<IDbContextFactory<PlatformDbContext>>().CreateDbContext();

    public async Task BuildAsync()
    {
        Hotels = (await Get<TeamDirectory>().CreateAsync(Admin, "hotels", "Hotels", Cancellation)).Value;
        Flights = (await Get<TeamDirectory>().CreateAsync(Admin, "flights", "Flights", Cancellation)).Value;
        foreach (var spec in TestTasks.Hotels)
            await AddTaskAsync(Hotels, TestTasks.Draft(spec));
        await AddTaskAsync(Flights, TestTasks.Draft(TestTasks.Flight));
        await AddTaskAsync(Hotels, TestTasks.Draft(TestTasks.Hotels[0]) with { Name = TestTasks.Unserved });
    }

    /// <param name="taskNames">None: all of the team's tasks that are served.</param>
    public async Task<IssuedKey> IssueKeyAsync(Team team, DateTimeOffset? expiresAt = null, params IReadOnlyList<string> taskNames)
    {
        IReadOnlyList<Guid> scope = [.. (taskNames.Count > 0 ? taskNames : tasks.Values.Where(task => task.TeamId == team.Id && task.Name != TestTasks.Unserved).Select(task => task.Name)).Select(TaskId)];
        return (await Get<ApiKeys>().IssueAsync(Admin, new KeyRequest("test app", team.Id, scope, expiresAt), Cancellation)).Value;
    }

    public async Task<IssuedKey> IssueLimitedKeyAsync(Team team, int? requestsPerMinute = null, int? tokensPerMinute = null) => (await Get<ApiKeys>().IssueAsync(
        Admin,
        new KeyRequest("limited", team.Id, null, null) { RequestsPerMinute = requestsPerMinute, TokensPerMinute = tokensPerMinute },
        Cancellation)).Value;

    public async Task<IssuedKey> IssueKeyForAllAsync(Team team) =>
        (await Get<ApiKeys>().IssueAsync(Admin, new KeyRequest("all tasks", team.Id, null, null), Cancellation)).Value;

    public Task RevokeAsync(IssuedKey issued) => Get<ApiKeys>().RevokeAsync(Admin, issued.Key.Id, "Leaked.", Cancellation);

    /// <summary>A model version in the store and the registry.</summary>
    /// <param name="change">Writes more into the folder, or spoils it.</param>
    public async Task<ModelVersion> AddModelAsync(long seed, Action<string>? change = null, string? isolated = null)
    {
        var store = Get<ArtifactStore>();
        using var staging = store.Stage(ArtifactStore.Models);
        TinyModel.Save(staging.Folder, seed, TestTasks.Served, isolated);
        change?.Invoke(staging.Folder);
        var artifact = (await staging.CommitAsync(Cancellation)).Value;

        var served = TestTasks.Served.Select(spec => tasks[spec.Name]).ToList();
        var run = (await Get<RunPlanning>().PlanAsync(Admin, new RunRequest(null, [.. served.Select(task => task.Id)], new Recipe(), "models/base"), Cancellation)).Value;
        var claim = (await Get<WorkClaims>().TryClaimAsync<FineTuningRun>(run.Id, "jobs", Cancellation))!;
        var journal = Get<RunJournal>();
        await journal.StartAsync(claim, Cancellation);
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Register)], Cancellation);
        var step = (await journal.LoadAsync(run.Id, Cancellation)).Value.Steps.Single();
        await journal.StartStepAsync(claim, step.Id, 0, Cancellation);
        return (await Get<ModelRegistry>().RegisterAsync(claim, step.Id, new NewModelVersion(
            "models/base", artifact.Path, artifact.Sha256, TinyModel.ContextTokens, artifact.SizeBytes,
            [.. served.Select(task => new NewTaskEvaluation(task.Id, task.Metric, 0.8, 0.7, 0.9, 0.8, -0.05, 0.05, 100, ServedBy.Shared, GateVerdict.Pass, "Fine."))]), Cancellation)).Value;
    }

    /// <summary>Requested, approved and verified: what is left is the Api's part.</summary>
    /// <param name="plan">Null for all traffic.</param>
    /// <param name="upstream">The engine outside that serves it; null for the Api's own.</param>
    public async Task<Deployment> BeginDeployingAsync(ModelVersion version, RolloutPlan? plan = null, string? upstream = null)
    {
        var approval = Get<DeploymentApproval>();
        var requested = (await approval.RequestAsync(Admin, version.Id, Cancellation)).Value;
        var approved = await approval.ApproveAsync(SecondAdmin, requested.Id, "Good scores.", Acceptance.Nothing, plan ?? RolloutPlan.Full, upstream, Cancellation);
        Assert.True(approved.IsSuccess, approved.Summary);
        var claim = (await Get<WorkClaims>().TryClaimAsync<Deployment>(requested.Id, "jobs", Cancellation))!;
        await Get<DeploymentRollout>().BeginDeployingAsync(claim, Admin, Cancellation);
        return requested;
    }

    public async Task<Deployment> ReloadAsync(Deployment deployment) => (await Get<DeploymentApproval>().FindAsync(deployment.Number, Cancellation)).Value;

    private async Task AddTaskAsync(Team team, TaskDraft draft)
    {
        var task = (await Get<TaskCatalog>().RegisterAsync(Admin, team.Id, draft, Cancellation)).Value;
        tasks[task.Name] = task;
        using var staging = Get<DatasetUploads>().Stage();
        foreach (var split in Splits.All)
        {
            var lines = (task.Labels.Count > 0 ? task.Labels : ["thank you", "we are sorry"]).Select((output, row) => JsonSerializer.Serialize(new
            {
                id = $"{split}{row}",
                input = new { text = $"{task.Name} {split} {row} lovely", text2 = "and this" },
                output,
            }));
            using var rows = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
            await staging.AddAsync(split, split.FileName(), rows, Cancellation);
        }

        var stored = (await Get<DatasetUploads>().StoreAsync(Admin, task.Id, staging, Cancellation)).Value;
        var claim = (await Get<WorkClaims>().TryClaimAsync<DatasetVersion>(stored.Version.Id, "jobs", Cancellation))!;
        var ready = (await Get<DatasetChecks>().RunAsync(claim, _ => new CheckLimits(null, 0), Cancellation)).Value;
        Assert.True(ready.Status == DatasetStatus.Ready, string.Join('\n', ready.Findings));
    }
}
