using System.ComponentModel;
using Platform.Api.Problems;
using Platform.Api.Serving;

namespace Platform.Api.Health;

internal sealed record Health([property: Description("Always 'ok'.")] string Status);

internal sealed record Readiness(
    [property: Description("'ready', or 'degraded' when requests are answered although something is wrong; when none can be, the status is 503 with the reason.")] string Status,
    int Deployment, int ModelVersion, int Tasks, int WaitingInputs,
    [property: Description("What is wrong, in words; empty when nothing is.")] IReadOnlyList<string> Problems);

internal static class HealthEndpoints
{
    public static Health GetHealth() => new("ok");

    public static IResult GetReadiness(ServingState state, EngineThread engine, ServiceProblems problems)
    {
        if (state.Current is not { } deployment)
            return new Problem(ServingErrors.NotReady(state.NotReady));
        if (problems.Stopping is { } reason)
            return new Problem(ServingErrors.CannotAnswer(reason));
        var sentences = problems.Sentences;
        return Results.Ok(new Readiness(sentences.Count == 0 ? "ready" : "degraded", deployment.Number, deployment.ModelVersion, deployment.Tasks.Count, engine.WaitingInputs, sentences));
    }
}
