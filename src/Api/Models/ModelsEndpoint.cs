using System.ComponentModel;
using Platform.Api.Keys;
using Platform.Api.OpenAi;
using Platform.Api.Predictions;
using Platform.Api.Problems;
using Platform.Api.Serving;
using Platform.Engine.Tasks;

namespace Platform.Api.Models;

[Description("The tasks that a key may call, in the shape of OpenAI's list of models.")]
internal sealed record ModelList([property: Description("Always 'list'.")] string Object, IReadOnlyList<ModelItem> Data);

[Description("A task that is served now.")]
internal sealed record ModelItem(
    [property: Description("The task's name, as in POST /v1/tasks/{task}/predict.")] string Id,
    [property: Description("Always 'model'.")] string Object,
    [property: Description("When the task was registered, in seconds since 1970.")] long Created,
    [property: Description("The team that owns the task.")] string OwnedBy,
    string Kind,
    [property: Description("The possible outputs; for tagging and extraction the types; empty for free text.")] IReadOnlyList<string> Labels,
    int ModelVersion,
    [property: Description("The longest prompt, the task's instruction included.")] int MaxPromptTokens);

internal static class ModelsEndpoint
{
    public static ModelList Get(HttpContext http, ServingState state)
    {
        var key = http.Key();
        var deployment = state.Current;
        var tasks = deployment?.Tasks.Values.Where(task => key.MayCall(task.Id)).OrderBy(task => task.Spec.Name, StringComparer.Ordinal) ?? Enumerable.Empty<DeployedTask>();
        return new ModelList("list", [.. tasks.Select(task => Item(deployment!, task))]);
    }

    public static async Task<IResult> FindAsync([Description("The task's name.")] string id, HttpContext http, TaskScope scope, CancellationToken cancellationToken)
    {
        var found = await scope.FindAsync(http.Key(), id, cancellationToken);
        return found.IsFailure ? new Problem(OpenAiErrors.ModelUnknown(found.Error)) : Results.Ok(Item(found.Value.Deployment, found.Value.Task));
    }

    private static ModelItem Item(ServedDeployment deployment, DeployedTask task) => new(
        task.Spec.Name, "model", task.CreatedAt.ToUnixTimeSeconds(), task.Owner, Wire(task.Spec.Kind), task.Spec.Labels, deployment.ModelVersion, task.MaxPromptTokens);

    /// <summary>The engine's kinds have the same names as the domain's, whose wire form is the bundle's.</summary>
    private static string Wire(TaskKind kind) => Domain.Tasks.TaskKinds.ToWire(Enum.Parse<Domain.Tasks.TaskKind>(kind.ToString()));
}
