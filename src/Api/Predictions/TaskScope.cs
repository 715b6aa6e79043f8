using Platform.Api.Serving;
using Platform.Domain.Keys;
using Platform.Domain.Results;
using Platform.Domain.Tasks;
using Platform.Domain.Users;

namespace Platform.Api.Predictions;

/// <summary>Finds the task that a request names, if its key may call it. A task of another team is answered like one that does not exist.</summary>
internal sealed class TaskScope(TaskCatalog catalog, ServingState state)
{
    public async Task<Result<(ServedDeployment Deployment, DeployedTask Task)>> FindAsync(VerifiedKey key, string name, CancellationToken cancellationToken)
    {
        var routing = state.Routing;
        if (routing.For(name) is { } deployment)
        {
            var served = deployment.Tasks[name];
            return key.MayCall(served.Id) ? (deployment, served) : OutOfScope(key, name, served.TeamId);
        }

        // Not served: say why, as far as the key may know.
        var known = await catalog.FindAsync(Actor.System("api"), name, cancellationToken);
        if (known.IsFailure)
            return PredictErrors.TaskUnknown(name);
        if (!key.MayCall(known.Value.Id))
            return OutOfScope(key, name, known.Value.TeamId);
        return routing.Live is { } live ? ServingErrors.TaskNotServed(name, live.ModelVersion) : ServingErrors.NotReady(state.NotReady);
    }

    private static Error OutOfScope(VerifiedKey key, string name, Guid taskTeam) =>
        taskTeam == key.TeamId ? PredictErrors.TaskNotInScope(name, key.Name) : PredictErrors.TaskUnknown(name);
}
