using Microsoft.Extensions.Options;
using Platform.Api.Keys;
using Platform.Api.Problems;
using Platform.Api.Requests;
using Platform.Api.Serving;
using Platform.Api.Setup;
using Platform.Api.Usage;
using Platform.Engine.Generation;

namespace Platform.Api.Predictions;

internal static class PredictEndpoint
{
    public static async Task<IResult> PostAsync(
        string task, HttpContext http, TaskScope scope, BodyReader bodies, RequestPipeline pipeline, TaskSettings settings,
        IOptions<ApiOptions> options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var received = clock.GetTimestamp();
        var deadline = RequestDeadline.Read(http.Request);
        if (deadline.IsFailure)
            return new Problem(deadline.Errors);
        var key = http.Key();
        var found = await scope.FindAsync(key, task, cancellationToken);
        if (found.IsFailure)
            return new Problem(found.Errors);
        var (deployment, served) = found.Value;

        var body = await bodies.ReadAsync(http.Request, cancellationToken);
        if (body.IsFailure)
            return new Problem(body.Errors);
        using var document = body.Value;
        var request = new PredictRequestReader(served.Spec, options.Value).Read(document.RootElement);
        if (request.IsFailure)
            return new Problem(request.Errors);

        var call = new TaskCall(deployment, served, [.. request.Value.Inputs.Select(input => new TaskInput(input.Text, input.Text2))], key, http.RequestId(), received) { Deadline = deadline.Value };
        var outcome = await pipeline.RunAsync(call, http.RequestAborted);
        return outcome.IsFailure ? new Problem(outcome.Errors) : Results.Ok(Response(served.Spec.Name, request.Value, outcome.Value, settings.AbstainBelow(served.Id)));
    }

    internal static PredictResponse Response(string task, PredictRequest request, CallOutcome outcome, double? abstainBelow) => new(
        task,
        outcome.By.ModelVersion,
        [.. request.Inputs.Zip(outcome.Answers, (input, answer) => new Prediction(
            input.Id, TaskSettings.Abstains(abstainBelow, answer) ? null : answer.Output, TaskSettings.Abstains(abstainBelow, answer), answer.Score,
            [.. answer.Alternatives.Take(request.TopK).Select(label => new Alternative(label.Output, label.Probability))],
            Wire(answer.FinishReason)))],
        new PredictUsage(
            outcome.Usage.PromptTokens, outcome.Usage.CachedTokens, outcome.Usage.CompletionTokens, outcome.Usage.DeviceMicroseconds / 1000m, Cost.Of(outcome.Usage.Cost)));

    private static string Wire(FinishReason reason) => reason switch
    {
        FinishReason.Label => "label",
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "Unknown finish reason."),
    };
}
