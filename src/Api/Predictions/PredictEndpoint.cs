using Microsoft.Extensions.Options;
using Platform.Api.Keys;
using Platform.Api.Problems;
using Platform.Api.Setup;

namespace Platform.Api.Predictions;

internal static class PredictEndpoint
{
    public static async Task<IResult> PostAsync(
        string task, HttpContext http, TaskScope scope, BodyReader bodies, TaskPredictions predictions,
        IOptions<ApiOptions> options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var received = clock.GetTimestamp();
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
        return request.IsFailure
            ? new Problem(request.Errors)
            : await predictions.AnswerAsync(deployment, served, request.Value, key, http, received);
    }
}
