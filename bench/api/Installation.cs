using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Domain.Artifacts;
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
using Platform.Domain.Users;
using Platform.Engine.Checkpoints;
using Platform.Engine.Serving;
using Platform.Engine.Tokenization;

namespace Platform.ApiBench;

/// <summary>
/// A data folder as a running platform has it: tasks with checked data, a model version, a deployment that an Api can take, a key. Only
/// training is left out: the base model answers as fast as a fine-tuned one.
/// </summary>
internal sealed class Installation : IAsyncDisposable
{
    private static readonly Actor Admin = Actor.System("bench");
    private static readonly Actor SecondAdmin = Actor.System("second admin");

    private readonly ServiceProvider services;

    private Installation(ServiceProvider services, string data) => (this.services, Data) = (services, data);

    public string Data { get; }

    /// <summary>The model version's folder.</summary>
    public string ModelFolder { get; private set; } = "";

    public string Key { get; private set; } = "";

    public static async Task<Installation> MakeAsync(string data, string baseModel, Workload workload, CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddPlatformDomain(new ConfigurationBuilder().AddInMemoryCollection([new("Platform:DataPath", data)]).Build());
        var made = new Installation(services.BuildServiceProvider(), data);
        await made.services.MigratePlatformAsync(cancellationToken);
        var team = Value(await made.Get<TeamDirectory>().CreateAsync(Admin, "bench", "Bench", cancellationToken));
        List<TaskDefinition> tasks = [];
        foreach (var bundle in workload.Busy.Concat(workload.WriteCopies(Path.Combine(data, "copies"))))
            tasks.Add(await made.ImportAsync(team, bundle, cancellationToken));
        await made.DeployAsync(await made.RegisterAsync(baseModel, workload, tasks, cancellationToken), cancellationToken);
        made.Key = Value(await made.Get<ApiKeys>().IssueAsync(Admin, new KeyRequest("bench", team.Id, null, null), cancellationToken)).Secret;
        return made;
    }

    public async ValueTask DisposeAsync() => await services.DisposeAsync();

    private static T Value<T>(Result<T> result) => result.IsSuccess ? result.Value : throw new InvalidOperationException(result.Summary);

    private T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    private async Task<TaskDefinition> ImportAsync(Team team, string bundle, CancellationToken cancellationToken)
    {
        var imported = Value(await Get<BundleImport>().ImportAsync(Admin, team.Id, bundle, cancellationToken));
        var claim = (await Get<WorkClaims>().TryClaimAsync<DatasetVersion>(imported.Version.Id, "bench", cancellationToken))!;
        var version = Value(await Get<DatasetChecks>().RunAsync(claim, _ => new CheckLimits(null, 0), cancellationToken));
        return version.Status == DatasetStatus.Ready ? imported.Task : throw new InvalidOperationException($"{bundle}: {string.Join(' ', version.Findings.Select(finding => finding.Message))}");
    }

    private async Task<ModelVersion> RegisterAsync(string baseModel, Workload workload, IReadOnlyList<TaskDefinition> tasks, CancellationToken cancellationToken)
    {
        var store = Get<ArtifactStore>();
        using var staging = store.Stage(ArtifactStore.Models);
        using (var model = HuggingFaceFolder.LoadModel(baseModel))
            MultiTaskModel.Save(staging.Folder, model, Tokenizer.Load(baseModel), [.. workload.Specs.Select(spec => (spec, (Engine.Models.LoraAdapter?)null))]);
        var artifact = Value(await staging.CommitAsync(cancellationToken));
        ModelFolder = store.FullPath(artifact.Path);

        var run = Value(await Get<RunPlanning>().PlanAsync(Admin, new RunRequest(null, [.. tasks.Select(task => task.Id)], new Recipe(), baseModel), cancellationToken));
        var claim = (await Get<WorkClaims>().TryClaimAsync<FineTuningRun>(run.Id, "bench", cancellationToken))!;
        var journal = Get<RunJournal>();
        await journal.StartAsync(claim, cancellationToken);
        await journal.PlanStepsAsync(claim, [new PlannedStep(RunStepKind.Register)], cancellationToken);
        var step = Value(await journal.LoadAsync(run.Id, cancellationToken)).Steps.Single();
        await journal.StartStepAsync(claim, step.Id, 0, cancellationToken);
        return Value(await Get<ModelRegistry>().RegisterAsync(claim, step.Id, new NewModelVersion(
            baseModel, artifact.Path, artifact.Sha256, 512, artifact.SizeBytes,
            [.. tasks.Select(task => new NewTaskEvaluation(task.Id, task.Metric, 0, 0, 0, null, null, null, 0, ServedBy.Shared, GateVerdict.NotEnoughRows, "Not evaluated: a bench."))]), cancellationToken));
    }

    private async Task DeployAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        var approval = Get<DeploymentApproval>();
        var requested = Value(await approval.RequestAsync(Admin, version.Id, cancellationToken));
        Value(await approval.ApproveAsync(SecondAdmin, requested.Id, "A bench.", new Acceptance(GateFailures: true), RolloutPlan.Full, upstream: null, cancellationToken));
        var claim = (await Get<WorkClaims>().TryClaimAsync<Deployment>(requested.Id, "bench", cancellationToken))!;
        await Get<DeploymentRollout>().BeginDeployingAsync(claim, Admin, cancellationToken);
    }
}
