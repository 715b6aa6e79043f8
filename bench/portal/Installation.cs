using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Bundles;
using Platform.Domain.Claims;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Checks;
using Platform.Domain.Deployments;
using Platform.Domain.Keys;
using Platform.Domain.Models;
using Platform.Domain.Persistence;
using Platform.Domain.Results;
using Platform.Domain.Runs;
using Platform.Domain.Runs.Recipes;
using Platform.Domain.Setup;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Usage;
using Platform.Domain.Users;
using Platform.Engine.Prompts;
using Platform.Engine.Tokenization;
using Platform.LedgerBench;

namespace Platform.PortalBench;

/// <summary>A data folder as a company has it after two months, made by the platform's own operations; only usage is written into the database directly.</summary>
internal sealed class Installation : IAsyncDisposable
{
    public const string Email = "admin@example.com";
    public const string Password = "only for measuring 1";

    private static readonly Actor Admin = Actor.System("bench");
    private static readonly Actor SecondAdmin = Actor.System("second admin");

    private readonly ServiceProvider services;
    private readonly Size size;
    private readonly string baseModel;

    private Installation(ServiceProvider services, Size size, string baseModel) => (this.services, this.size, this.baseModel) = (services, size, baseModel);

    /// <param name="tell">What is being made.</param>
    public static async Task MakeAsync(string data, string baseModel, Size size, Action<string> tell, CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddPlatformDomain(new ConfigurationBuilder().AddInMemoryCollection([new("Platform:DataPath", data)]).Build());
        await using var made = new Installation(services.BuildServiceProvider(), size, baseModel);
        await made.services.MigratePlatformAsync(cancellationToken);
        Value(await made.Get<UserAccounts>().CreateAsync(Admin, Email, "Admin", isAdmin: true, Password, cancellationToken));
        var tasks = await made.ImportAsync(Path.Combine(data, "bundles"), tell, cancellationToken);
        for (var version = 1; version <= size.Versions; version++)
        {
            tell($"run and model version {version}");
            await made.DeployAsync(await made.RegisterAsync(tasks, version, cancellationToken), cancellationToken);
        }

        tell("usage");
        await made.FillUsageAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();

    private static T Value<T>(Result<T> result) => result.IsSuccess ? result.Value : throw new InvalidOperationException(result.Summary);

    private T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    private async Task<List<TaskDefinition>> ImportAsync(string folder, Action<string> tell, CancellationToken cancellationToken)
    {
        List<Team> teams = [];
        for (var number = 1; number <= Size.Teams; number++)
        {
            var team = Value(await Get<TeamDirectory>().CreateAsync(Admin, $"team-{number}", $"Team {number}", cancellationToken));
            teams.Add(team);
            for (var key = 1; key <= Size.KeysPerTeam; key++)
                Value(await Get<ApiKeys>().IssueAsync(Admin, new KeyRequest($"application {key}", team.Id, null, null), cancellationToken));
        }

        List<TaskDefinition> tasks = [];
        for (var number = 1; number <= size.Tasks; number++)
        {
            var rows = number == 1 ? size.Rows : Size.SmallRows * 2;
            if (number % 20 == 1)
                tell($"{Bundles.NameOf(number)} with {rows:N0} rows");
            var bundle = Bundles.Write(folder, number, rows);
            var watch = Stopwatch.StartNew();
            var imported = Value(await Get<BundleImport>().ImportAsync(Admin, teams[number % teams.Count].Id, bundle, cancellationToken));
            var stored = watch.Elapsed;
            await CheckAsync(imported.Version, cancellationToken);
            if (number == 1)
                tell($"{rows:N0} rows: stored in {stored.TotalSeconds:0.0} s, checked and indexed in {(watch.Elapsed - stored).TotalSeconds:0.0} s, {rows / watch.Elapsed.TotalSeconds:N0} rows/s in all");
            tasks.Add(imported.Task);
        }

        return tasks;
    }

    private async Task CheckAsync(DatasetVersion version, CancellationToken cancellationToken)
    {
        var tokenizer = Tokenizer.Load(baseModel);
        var prompts = new PromptBuilder(tokenizer, tokenizer.EndOfTextId ?? 0);
        var claim = (await Get<WorkClaims>().TryClaimAsync<DatasetVersion>(version.Id, "bench", cancellationToken))!;
        var done = Value(await Get<DatasetChecks>().RunAsync(claim, task =>
        {
            var spec = new Engine.Tasks.TaskSpec { Name = task.Name, Kind = Engine.Tasks.TaskKind.Classification, Instruction = task.Instruction, Labels = [.. task.Labels], Metric = task.Metric };
            return new CheckLimits((text, text2, output) => prompts.Prompt(spec, text, text2).FullTokens + prompts.Answer(output).Length, 512);
        }, cancellationToken));
        if (done.Status != DatasetStatus.Ready)
            throw new InvalidOperationException(string.Join(' ', done.Findings.Select(finding => finding.Message)));
    }

    private async Task<ModelVersion> RegisterAsync(List<TaskDefinition> tasks, int number, CancellationToken cancellationToken)
    {
        var run = Value(await Get<RunPlanning>().PlanAsync(Admin, new RunRequest(null, [.. tasks.Select(task => task.Id)], new Recipe(), baseModel), cancellationToken));
        var claim = (await Get<WorkClaims>().TryClaimAsync<FineTuningRun>(run.Id, "bench", cancellationToken))!;
        var journal = Get<RunJournal>();
        await journal.StartAsync(claim, cancellationToken);
        await journal.PlanStepsAsync(claim, [.. tasks.Select(task => new PlannedStep(RunStepKind.Baseline, task.Id)), new PlannedStep(RunStepKind.Register)], cancellationToken);
        var step = Value(await journal.LoadAsync(run.Id, cancellationToken)).Steps.Single(one => one.Kind == RunStepKind.Register);
        await journal.StartStepAsync(claim, step.Id, 0, cancellationToken);
        var random = new Random(number);
        return Value(await Get<ModelRegistry>().RegisterAsync(claim, step.Id, new NewModelVersion(
            baseModel, $"models/none-{number}", new string('0', 64), 512, 50_000_000, [.. tasks.Select(task => Evaluation(task, random))]), cancellationToken));
    }

    private static NewTaskEvaluation Evaluation(TaskDefinition task, Random random)
    {
        var (score, single) = (0.6 + (0.3 * random.NextDouble()), 0.6 + (0.3 * random.NextDouble()));
        return new NewTaskEvaluation(
            task.Id, task.Metric, score, score - 0.04, score + 0.04, single, score - single - 0.03, score - single + 0.03, 300, ServedBy.Shared,
            score - single > -0.05 ? GateVerdict.Pass : GateVerdict.Fail, "Made for measuring pages; nothing was trained.");
    }

    private async Task DeployAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        var approval = Get<DeploymentApproval>();
        var requested = Value(await approval.RequestAsync(Admin, version.Id, cancellationToken));
        Value(await approval.ApproveAsync(SecondAdmin, requested.Id, "For measuring.", new Acceptance(true, true), RolloutPlan.Full, upstream: null, cancellationToken));
        var claim = (await Get<WorkClaims>().TryClaimAsync<Deployment>(requested.Id, "bench", cancellationToken))!;
        var rollout = Get<DeploymentRollout>();
        await rollout.BeginDeployingAsync(claim, Admin, cancellationToken);
        var serving = (await Get<WorkClaims>().TryClaimAsync<Deployment>(requested.Id, "bench", cancellationToken))!;
        await rollout.ActivateAsync(serving, Admin, null, cancellationToken);
    }

    /// <summary>Requests of all tasks and keys over the days until now, and their sums, by the database itself.</summary>
    private async Task FillUsageAsync(CancellationToken cancellationToken)
    {
        await using var context = await Get<IDbContextFactory<PlatformDbContext>>().CreateDbContextAsync(cancellationToken);
        context.Database.SetCommandTimeout(TimeSpan.FromMinutes(30));
        var hour = UsageRollup.Hour * 3_600_000_000L;
        var to = UnixTime.ToMicroseconds(DateTimeOffset.UtcNow) / hour * hour;
        var length = Size.Days * UnixTime.MicrosecondsPerDay;
        await context.Database.ExecuteSqlRawAsync(string.Create(CultureInfo.InvariantCulture, $"""
            WITH RECURSIVE numbers(n, r) AS (SELECT 0, 11 UNION ALL SELECT n + 1, (r * 48271 + 11) % 2147483647 FROM numbers WHERE n < {size.UsageRecords - 1}),
                callers AS (SELECT row_number() OVER (ORDER BY t."Name", k."CreatedAt") - 1 AS i, t."Id" AS task, t."TeamId" AS team, k."Id" AS key FROM "Tasks" t JOIN "ApiKeys" k ON k."TeamId" = t."TeamId"),
                live AS (SELECT "Id" AS deployment, "ModelVersionId" AS version FROM "Deployments" WHERE "Status" = 'Live')
            INSERT INTO "UsageRecords" ("AtMicroseconds", "RequestId", "TaskId", "TeamId", "KeyId", "ModelVersionId", "DeploymentId", "Inputs", "PromptTokens", "CachedTokens",
                "CompletionTokens", "DeviceMicroseconds", "CostNano", "Currency", "Status", "LatencyMicroseconds")
            SELECT {to - length} + CAST(n * {(double)length / size.UsageRecords:R} AS INTEGER), printf('req_%032x', n), task, team, key, version, deployment, 1, 20 + r % 180, r % 20,
                1 + r % 7, 500 + r % 19500, (500 + r % 19500) * 5 / 9, 'USD', 'Ok', 5000 + r % 45000
            FROM numbers JOIN callers ON callers.i = r % {size.Tasks * Size.KeysPerTeam} JOIN live
            """), cancellationToken);
        foreach (var statement in Sums.Statements)
            await context.Database.ExecuteSqlRawAsync(statement, cancellationToken);
    }
}
