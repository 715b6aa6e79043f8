using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Checks;
using Platform.Domain.Datasets.Intakes;
using Platform.Domain.Deployments;
using Platform.Domain.Keys;
using Platform.Domain.Models;
using Platform.Domain.Persistence;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Usage;
using Platform.Domain.Users;

namespace Platform.Portal.Tests;

/// <summary>Short ways to the states that pages show, all through the real operations, so that a page sees what a user would.</summary>
public sealed class World(IServiceProvider services, TimeProvider clock)
{
    private static readonly CancellationToken Never = CancellationToken.None;

    public static Actor Platform { get; } = Actor.System("first start");

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public async Task<Guid> AddUserAsync(string email, string name, bool isAdmin, string? password = "correct horse battery") =>
        (await Get<UserAccounts>().CreateAsync(Platform, email, name, isAdmin, password, Never)).Value.Id;

    public async Task<Team> AddTeamAsync(string name, string displayName, params IEnumerable<Guid> members)
    {
        var team = (await Get<TeamDirectory>().CreateAsync(Platform, name, displayName, Never)).Value;
        foreach (var member in members)
            await Get<TeamDirectory>().AddMemberAsync(Platform, team.Id, member, Never);
        return team;
    }

    public async Task<TaskDefinition> AddTaskAsync(Team team, string name, params string[] labels) =>
        (await Get<TaskCatalog>().RegisterAsync(Platform, team.Id, new TaskDraft
        {
            Name = name,
            Kind = "classification",
            Instruction = "Read the guest's message and say which of the labels fits it best.",
            Labels = labels.Length > 0 ? labels : ["good", "bad"],
            Metric = "macro_f1",
        }, Never)).Value;

    public async Task<DatasetVersion> AddDataAsync(TaskDefinition task, int rows, string? wrongLabel = null)
    {
        using var staging = Get<DatasetUploads>().Stage();
        foreach (var (split, count) in new[] { (Split.Train, rows), (Split.Validation, 60), (Split.Test, 120) })
        {
            var text = new StringBuilder();
            for (var row = 0; row < count; row++)
                text.Append($$"""{"id":"{{split}}-{{row}}","input":{"text":"{{task.Name}} {{split}} message number {{row}}"},"output":"{{(row == 7 && wrongLabel is not null ? wrongLabel : task.Labels[row % task.Labels.Count])}}"}""").Append('\n');
            await staging.AddAsync(split, split.FileName(), new MemoryStream(Encoding.UTF8.GetBytes(text.ToString())), Never);
        }

        return (await Get<DatasetUploads>().StoreAsync(Platform, task.Id, staging, Never)).Value.Version;
    }

    public async Task<DatasetVersion> CheckAsync(DatasetVersion version)
    {
        var claim = await Get<WorkClaims>().TryClaimAsync<DatasetVersion>(version.Id, "checker", Never);
        return (await Get<DatasetChecks>().RunAsync(claim!, _ => new CheckLimits(null, 0), Never)).Value;
    }

    public async Task<TaskDefinition> AddReadyTaskAsync(Team team, string name, int rows = 300)
    {
        var task = await AddTaskAsync(team, name);
        await CheckAsync(await AddDataAsync(task, rows));
        return task;
    }

    public async Task<FineTuningRun> PlanAsync(params IReadOnlyList<TaskDefinition> tasks) =>
        (await Get<RunPlanning>().PlanAsync(Platform, new RunRequest(null, [.. tasks.Select(task => task.Id)], new Recipe(), "models/base"), Never)).Value;

    /// <summary>What a test lets a finished step leave.</summary>
    public Func<RunStep, string?> StepResult { get; set; } = _ => null;

    /// <summary>Takes the run up to the middle of stage 3, with curves, decisions and a log.</summary>
    public async Task<Claim> TrainAsync(FineTuningRun run, params IReadOnlyList<TaskDefinition> tasks)
    {
        var journal = Get<RunJournal>();
        var claim = (await Get<WorkClaims>().TryClaimAsync<FineTuningRun>(run.Id, "jobs", Never))!;
        await journal.StartAsync(claim, Never);
        await journal.LogAsync(claim, RunEventSeverity.Note, "The run started.", Never);
        await journal.PlanStepsAsync(claim,
        [
            new(RunStepKind.CheckData), .. tasks.Select(task => new PlannedStep(RunStepKind.Baseline, task.Id)),
            new(RunStepKind.Probe), new(RunStepKind.Stage2), new(RunStepKind.Stage3), new(RunStepKind.Evaluate), new(RunStepKind.Register),
        ], Never);
        foreach (var step in (await journal.LoadAsync(run.Id, Never)).Value.Steps)
        {
            if (step.Kind == RunStepKind.Evaluate)
                break;
            await journal.StartStepAsync(claim, step.Id, 0, Never);
            var total = step.Kind == RunStepKind.Stage3 ? 4000L : 1000L;
            var done = step.Kind == RunStepKind.Stage3 ? 2400L : total;
            var points = step.Kind == RunStepKind.CheckData ? [] : CurvesOf(step, tasks, done).ToList();
            await journal.ReportAsync(claim, step.Id, new StepProgress(done, total, done * 40, done * 900, points.Count > 0 ? 0.64 : null, 58.3, (total - done) / 58.3), points, Never);
            if (step.Kind != RunStepKind.Stage3)
                await journal.CompleteStepAsync(claim, step.Id, StepResult(step), Never);
        }

        for (var index = 0; index < tasks.Count; index++)
        {
            var isolated = index == tasks.Count - 1 && tasks.Count > 2;
            await journal.ChangeTaskAsync(claim, tasks[index].Id, task => task.Decide(
                isolated ? TaskDecision.Isolated : TaskDecision.Kept,
                isolated ? "Isolated because the mixture raises its validation loss by 6.1 % (95 % interval 2.2 % to 9.8 %)." : "Kept: the mixture does not hurt it.", null), Never);
        }

        await journal.LogAsync(claim, RunEventSeverity.Warning, "12 rows were longer than 256 tokens and were truncated.", Never);
        return claim;
    }

    /// <summary>What a test changes about the evaluations of the next model version.</summary>
    public Func<NewTaskEvaluation, NewTaskEvaluation> Evaluation { get; set; } = one => one;

    public async Task<ModelVersion> FinishAsync(FineTuningRun run, Claim claim, GateVerdict last, params IReadOnlyList<TaskDefinition> tasks)
    {
        var journal = Get<RunJournal>();
        foreach (var task in tasks)
            await journal.ChangeTaskAsync(claim, task.Id, row => row.Score(new RunTaskScores(0.861, 0.874, 0.842, 0.903, -0.014, 0.038, row.Decision == TaskDecision.Isolated ? ServedBy.Adapter : ServedBy.Shared)), Never);
        foreach (var step in (await journal.LoadAsync(run.Id, Never)).Value.Steps.Where(step => step.Kind is RunStepKind.Stage3 or RunStepKind.Evaluate))
        {
            await journal.StartStepAsync(claim, step.Id, long.MaxValue, Never);
            await journal.CompleteStepAsync(claim, step.Id, null, Never);
        }

        var register = (await journal.LoadAsync(run.Id, Never)).Value.Steps.Single(step => step.Kind == RunStepKind.Register);
        await journal.StartStepAsync(claim, register.Id, 0, Never);
        var evaluations = tasks.Select((task, index) => new NewTaskEvaluation(
            task.Id, task.Metric, 0.874, 0.842, 0.903, 0.861, -0.014, 0.038, 120, ServedBy.Shared,
            index == tasks.Count - 1 ? last : GateVerdict.Pass,
            "The shared model does not lose more than 0.02 against the dedicated one with 95 % confidence.")).Select(Evaluation).ToList();
        return (await Get<ModelRegistry>().RegisterAsync(
            claim, register.Id, new NewModelVersion("models/base", $"models/{run.Number}", new string('a', 64), 512, 37_500_000, evaluations), Never)).Value;
    }

    public async Task<Deployment> RequestAsync(ModelVersion version, Actor? requester = null) =>
        (await Get<DeploymentApproval>().RequestAsync(requester ?? Platform, version.Id, Never)).Value;

    /// <param name="plan">Null for all traffic.</param>
    public async Task<Deployment> DeployAsync(ModelVersion version, RolloutPlan? plan = null)
    {
        var deployment = await RequestAsync(version);
        await Get<DeploymentApproval>().ApproveAsync(
            Actor.System("second admin"), deployment.Id, "Every task holds its baseline.", new Acceptance(GateFailures: true, MissingSignOffs: true), plan ?? RolloutPlan.Full, upstream: null, Never);
        var claims = Get<WorkClaims>();
        await Get<DeploymentRollout>().BeginDeployingAsync((await claims.TryClaimAsync<Deployment>(deployment.Id, "jobs", Never))!, Platform, Never);
        await Get<DeploymentRollout>().ActivateAsync((await claims.TryClaimAsync<Deployment>(deployment.Id, "api", Never))!, Platform, null, Never);
        return deployment;
    }

    public async Task<ApiKey> AddKeyAsync(Team team, params IReadOnlyList<TaskDefinition> tasks) =>
        (await Get<ApiKeys>().IssueAsync(Platform, new KeyRequest("booking-web", team.Id, [.. tasks.Select(task => task.Id)], null), Never)).Value.Key;

    public async Task AddRequestsAsync(Deployment deployment, ApiKey key, TaskDefinition task, int count)
    {
        var now = UnixTime.ToMicroseconds(clock.GetUtcNow());
        await Get<UsageLedger>().RecordAsync([.. Enumerable.Range(0, count).Select(index => new UsageRecord
        {
            AtMicroseconds = now - index * 60_000_000L,
            RequestId = $"{task.Name}-{index}",
            TaskId = task.Id,
            TeamId = key.TeamId,
            KeyId = key.Id,
            ModelVersionId = deployment.ModelVersionId,
            DeploymentId = deployment.Id,
            Inputs = 1,
            PromptTokens = 48 + index % 7,
            CachedTokens = 12,
            CompletionTokens = 2,
            DeviceMicroseconds = 9_000 + index * 11,
            CostNano = 5_000 + index * 6,
            Currency = "USD",
            Status = UsageStatus.Ok,
            LatencyMicroseconds = 14_000,
        })], Never);
    }

    /// <summary>An upload that was announced and of which nothing was sent.</summary>
    public async Task<Guid> AddIntakeAsync(TaskDefinition task) =>
        (await Get<DatasetIntakes>().BeginAsync(Platform, task.Name, [.. Splits.All.Select(split => new IntakeFile(split, split.FileName(), 10, 0))], Never)).Value.Id;

    public async Task<int> CountAuditAsync(string action)
    {
        await using var context = Open();
        return await context.AuditEntries.CountAsync(entry => entry.Action == action, Never);
    }

    public PlatformDbContext Open() => Get<IDbContextFactory<PlatformDbContext>>().CreateDbContext();

    private static IEnumerable<MetricPoint> CurvesOf(RunStep step, IReadOnlyList<TaskDefinition> tasks, long done)
    {
        IEnumerable<Guid?> curves = step.TaskId is { } own ? [own] : [null, .. tasks.Select(task => (Guid?)task.Id)];
        foreach (var task in curves)
            for (var examples = done / 20; examples <= done; examples += done / 20)
            {
                yield return new MetricPoint("train_loss", task, examples, 0.5 + 1.6 * Math.Exp(-3.0 * examples / done));
                if (examples % (done / 5) == 0)
                    yield return new MetricPoint("validation_loss", task, examples, 0.62 + 1.5 * Math.Exp(-2.6 * examples / done));
            }
    }
}
