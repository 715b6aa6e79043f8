using System.Text.Json;
using Microsoft.Extensions.Options;
using Platform.Api.Predictions;
using Platform.Api.Requests;
using Platform.Api.Serving;
using Platform.Api.Setup;
using Platform.Domain.Keys;
using Platform.Domain.Results;
using Platform.Engine.Tasks;

namespace Platform.Api.OpenAi;

/// <summary>A checked completion, ready for the pipeline.</summary>
internal sealed record CompletionCall(TaskCall Call, CompletionRequest Request, CompletionWire Wire);

/// <summary>Makes calls of tasks from bodies in OpenAI's format; the same for requests and for the lines of a batch.</summary>
internal sealed class CompletionCalls(TaskScope scope, TaskSettings settings, IOptions<ApiOptions> options, TimeProvider clock)
{
    public Task<Result<CompletionCall>> ReadChatAsync(JsonElement root, VerifiedKey key, string requestId, long received, CancellationToken cancellationToken) => ReadAsync(
        root, key, requestId, received, (deployment, task) => new ChatRequestReader(deployment, task, options.Value).Read(root),
        model => new ChatWire("chatcmpl-" + Suffix(requestId), Now(), model), cancellationToken);

    public Task<Result<CompletionCall>> ReadTextAsync(JsonElement root, VerifiedKey key, string requestId, long received, CancellationToken cancellationToken) => ReadAsync(
        root, key, requestId, received, (deployment, task) => new TextRequestReader(deployment, task, options.Value).Read(root),
        model => new TextWire("cmpl-" + Suffix(requestId), Now(), model), cancellationToken);

    private async Task<Result<CompletionCall>> ReadAsync(
        JsonElement root, VerifiedKey key, string requestId, long received, Func<ServedDeployment, TaskSpec, Result<CompletionRequest>> read,
        Func<string, CompletionWire> wire, CancellationToken cancellationToken)
    {
        if (root.ValueKind != JsonValueKind.Object)
            return PredictErrors.WrongType("body", "an object", PredictRequestReader.Name(root));
        List<Error> errors = [];
        var model = new FieldReader(root, "", errors).Text("model");
        if (errors.Count > 0)
            return Result.Failure<CompletionCall>(errors);
        if (string.IsNullOrEmpty(model))
            return OpenAiErrors.Missing("model", "name the task; GET /v1/models lists those that this key may call.");
        var found = await scope.FindAsync(key, model, cancellationToken);
        if (found.IsFailure)
            return OpenAiErrors.ModelUnknown(found.Error);
        var (deployment, task) = found.Value;
        var request = read(deployment, task.Spec);
        return request.IsFailure
            ? Result.Failure<CompletionCall>(request.Errors)
            : new CompletionCall(
                new TaskCall(deployment, task, request.Value.Inputs, key, requestId, received),
                request.Value with { AbstainBelow = settings.AbstainBelow(task.Id) }, wire(task.Spec.Name));
    }

    private long Now() => clock.GetUtcNow().ToUnixTimeSeconds();

    private static string Suffix(string requestId) => requestId.StartsWith("req_", StringComparison.Ordinal) ? requestId[4..] : requestId;
}
