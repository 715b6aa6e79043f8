using System.ComponentModel;
using Platform.Api.Problems;
using Platform.Api.Serving;

namespace Platform.Api.Health;

internal sealed record Health([property: Description("Always 'ok'.")] string Status);

internal sealed record Readiness(
    [property: Description("Always 'ready'; anything else is an error with a reason.")] string Status, int Deployment, int ModelVersion, int Tasks, int WaitingInputs);

internal static class HealthEndpoints
{
    public static Health GetHealth() => new("ok");

    public static IResult GetReadiness(ServingState state, EngineThread engine) => state.Current is { } deployment
        ? Results.Ok(new Readiness("ready", deployment.Number, deployment.ModelVersion, deployment.Tasks.Count, engine.WaitingInputs))
        : new Problem(ServingErrors.NotReady(state.NotReady));
}
