using System.Runtime.InteropServices;
using Platform.Api.Serving;
using Platform.Api.Upstreams;
using Platform.Domain.Artifacts;
using Platform.Domain.Deployments;
using Platform.Domain.Tasks;
using Platform.Domain.Teams;
using Platform.Domain.Users;
using Platform.Engine.Serving;

namespace Platform.Api.Deployments;

/// <summary>The artifact cannot serve what the deployment promises; the message is for the admin who approved it.</summary>
internal sealed class DeploymentRefusedException(string message) : Exception(message);

/// <summary>Brings a deployment's model into memory and proves that it answers, before anybody depends on it.</summary>
internal sealed class ModelLoading(ISharedModelLoader loader, UpstreamModels upstreams, ArtifactStore artifacts, TeamDirectory teams, ParityCheck parity)
{
    /// <summary>On a thread of its own: loading is long and synchronous, and the engine goes on serving meanwhile.</summary>
    /// <exception cref="DeploymentRefusedException">The model does not serve the tasks it was evaluated on, or answers otherwise than then.</exception>
    public async Task<ServedDeployment> LoadAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        await VerifyAsync(deployment, cancellationToken);
        var owners = (await teams.ListAsync(Actor.System("api"), cancellationToken)).ToDictionary(team => team.Id, team => team.Name);
        var files = await OpenAsync(deployment, cancellationToken);
        UpstreamModel? outside = null;
        try
        {
            if (deployment.Upstream is { } upstream)
                outside = await upstreams.OpenAsync(upstream, deployment.ModelVersion!.Number, files.Path, cancellationToken);
            return await Task.Factory.StartNew(
                () => Load(deployment, files, outside, owners, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch
        {
            outside?.Dispose();
            files.Dispose();
            throw;
        }
    }

    /// <summary>Every byte is as it was registered: a disk that lost some would give answers that nobody evaluated.</summary>
    private async Task VerifyAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        var version = deployment.ModelVersion!;
        var whole = StoreUnavailableException.Known(await artifacts.VerifyAsync(version.ArtifactPath, version.Sha256, cancellationToken));
        if (whole.IsFailure)
            throw new DeploymentRefusedException($"Model version {version.Number} cannot be loaded. {whole.Summary}");
    }

    private async Task<ArtifactFolder> OpenAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        var opened = StoreUnavailableException.Known(await artifacts.OpenAsync(deployment.ModelVersion!.ArtifactPath, cancellationToken));
        return opened.IsSuccess ? opened.Value : throw new DeploymentRefusedException($"Model version {deployment.ModelVersion.Number} cannot be loaded. {opened.Summary}");
    }

    private ServedDeployment Load(Deployment deployment, ArtifactFolder files, UpstreamModel? outside, Dictionary<Guid, string> owners, CancellationToken cancellationToken)
    {
        ISharedModel model = outside is null ? loader.Load(files.Path) : outside;
        try
        {
            var served = new ServedDeployment(deployment, model, Tasks(deployment, model, owners)) { Files = new ArtifactFiles(files) };
            WarmUp(served, cancellationToken);
            served.Certificate = parity.Check(
                deployment, model, files.Path, deployment.Upstream is { } engine ? upstreams.ToleranceOf(engine) : ParitySample.ScoreTolerance,
                deployment.Upstream is { } serving ? upstreams.Describe(serving) : $"{RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors", cancellationToken);
            return served;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static Dictionary<string, DeployedTask> Tasks(Deployment deployment, ISharedModel model, Dictionary<Guid, string> owners)
    {
        var tasks = deployment.ModelVersion!.Evaluations.Select(evaluation => evaluation.Task!).ToList();
        var missing = tasks.Where(task => !model.Tasks.ContainsKey(task.Name)).Select(task => task.Name).Order(StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
            throw new DeploymentRefusedException($"The artifact does not serve {string.Join(", ", missing)}, which model version {deployment.ModelVersion.Number} was evaluated on. Run the registration again.");
        return tasks.ToDictionary(task => task.Name, task => Deployed(task, model, owners), StringComparer.Ordinal);
    }

    private static DeployedTask Deployed(TaskDefinition task, ISharedModel model, Dictionary<Guid, string> owners) => new(
        task.Id, task.TeamId, owners.GetValueOrDefault(task.TeamId, ""), model.Tasks[task.Name], model.MaxPromptTokens(task.Name), task.CreatedAt);

    /// <summary>One prediction per task: the first one pays for lazy initialisation, and shows that the answers are valid at all.</summary>
    private static void WarmUp(ServedDeployment deployment, CancellationToken cancellationToken)
    {
        foreach (var task in deployment.Tasks.Values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var text2 = task.Spec.Kind is Engine.Tasks.TaskKind.PairClassification or Engine.Tasks.TaskKind.Similarity ? "and this" : null;
            var answer = deployment.Model.Predict([new ServedInput(task.Spec.Name, "Compare this", text2)]).Single();
            if (!double.IsFinite(answer.Score))
                throw new DeploymentRefusedException($"The model gives the task '{task.Spec.Name}' a score that is not a number.");
            if (task.Spec.IsClosed && !task.Spec.Labels.Contains(answer.Output, StringComparer.Ordinal))
                throw new DeploymentRefusedException($"The model answers the task '{task.Spec.Name}' with '{answer.Output}', which is not one of its labels.");
        }
    }
}
