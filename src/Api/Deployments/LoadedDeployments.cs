using Platform.Api.Health;
using Platform.Api.Serving;
using Platform.Domain.Deployments;

namespace Platform.Api.Deployments;

/// <summary>
/// The deployments in this process's memory, and which of them answers what. Only the watcher calls it. From one moment to the next a new
/// routing holds for what comes in; what a deployment has taken in, it still answers.
/// </summary>
internal sealed partial class LoadedDeployments(
    ModelLoading loading, EngineThread engine, ServingState state, ServiceProblems problems, SessionLog sessions, TimeProvider clock, ILogger<LoadedDeployments> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(15);

    private readonly Dictionary<Guid, ServedDeployment> loaded = [];
    private readonly Dictionary<Guid, long> failures = [];

    /// <summary>Takes over a deployment that was just loaded; the next <see cref="FollowAsync"/> sends it requests.</summary>
    public async Task HoldAsync(ServedDeployment deployment, CancellationToken cancellationToken)
    {
        await sessions.OpenAsync(deployment, cancellationToken);
        engine.Add(deployment);
        loaded[deployment.Id] = deployment;
    }

    /// <summary>Loads what is missing, sends requests where the database wants them, and lets go of what is not wanted any more.</summary>
    public async Task FollowAsync(ServedSet wanted, CancellationToken cancellationToken)
    {
        if (wanted.Live is null && state.Current is null)
            state.NotReady = "No deployment is live. Approve one in the portal; it is loaded within seconds.";
        var live = await FindAsync(wanted.Live, cancellationToken);
        var trial = await FindAsync(wanted.Trial, cancellationToken);
        var pins = new Dictionary<string, ServedDeployment>(StringComparer.Ordinal);
        foreach (var (task, deployment) in wanted.Pins)
            if (await FindAsync(deployment, cancellationToken) is { } pinned && pinned.Tasks.ContainsKey(task))
                pins[task] = pinned;

        // One that is live but cannot be loaded here leaves the one before it in service.
        Route(new Routing(live ?? state.Current, trial, wanted.Trial?.Plan ?? RolloutPlan.Full, pins));
        foreach (var deployment in loaded.Values.Where(deployment => !state.Routing.Deployments.Contains(deployment)).ToList())
        {
            loaded.Remove(deployment.Id);
            problems.Clear(FilesOf(deployment));
            _ = LetGoAsync(deployment);
        }

        CheckFiles();
    }

    /// <summary>What is in memory serves on without its files; the next start needs them.</summary>
    private void CheckFiles()
    {
        foreach (var deployment in loaded.Values)
            if (deployment.Files?.Difference() is { } difference)
                problems.Report(FilesOf(deployment), $"Of model version {deployment.ModelVersion}, {difference}. It answers from memory, but the next start could not load it. Put the files back, or deploy another version.");
            else
                problems.Clear(FilesOf(deployment));
    }

    private static string FilesOf(ServedDeployment deployment) => $"files {deployment.Number}";

    private static string LoadingOf(Deployment deployment) => $"loading {deployment.Number}";

    private async Task<ServedDeployment?> FindAsync(Deployment? wanted, CancellationToken cancellationToken)
    {
        if (wanted is null)
            return null;
        if (loaded.TryGetValue(wanted.Id, out var there))
            return there;
        if (failures.TryGetValue(wanted.Id, out var at) && clock.GetElapsedTime(at) < RetryAfter)
            return null;
        try
        {
            if (state.Current is null)
                state.NotReady = $"Deployment {wanted.Number} (model version {wanted.ModelVersion!.Number}) is being loaded.";
            LogLoading(wanted.Number, wanted.ModelVersion!.Number);
            await HoldAsync(await loading.LoadAsync(wanted, cancellationToken), cancellationToken);
            failures.Remove(wanted.Id);
            problems.Clear(LoadingOf(wanted));
            return loaded[wanted.Id];
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // It serves by an admin's decision, so it is not marked as failed here; the cause may be this machine's.
            failures[wanted.Id] = clock.GetTimestamp();
            if (state.Current is null)
                state.NotReady = $"Deployment {wanted.Number} is live, but could not be loaded: {exception.Message} It is tried again every {RetryAfter.TotalSeconds:0} s.";
            else
                problems.Report(LoadingOf(wanted), $"Deployment {wanted.Number} is wanted, but could not be loaded here, so what served before serves on: {exception.Message} It is tried again every {RetryAfter.TotalSeconds:0} s.");
            LogNotLoaded(exception, wanted.Number);
            return null;
        }
    }

    private void Route(Routing next)
    {
        var before = state.Routing;
        state.Routing = next;
        if (next.Live is { } live && before.Live != live)
            LogSwitched(live.Number, live.ModelVersion, before.Live is { } old ? $"deployment {old.Number}" : "none");
        if (next.Trial is { } trial && before.Trial != trial)
            LogTrial(trial.Number, trial.ModelVersion, next.Plan.Mode);
    }

    private async Task LetGoAsync(ServedDeployment deployment)
    {
        try
        {
            await engine.RemoveAsync(deployment);
            await sessions.CloseAsync(deployment, CancellationToken.None);
            LogReleased(deployment.Number);
        }
        catch (Exception exception)
        {
            LogNotReleased(exception, deployment.Number);
        }
    }
}
