using Platform.Domain.Results;

namespace Platform.Api.Problems;

/// <summary>Errors that belong to no single feature.</summary>
internal static class ApiErrors
{
    public static Error Internal() => new(
        "internal", 500, "The request failed by a fault on our side, and nothing was answered. Try again; if it stays, report the traceId.");

    public static Error Storage() => new(
        "storage_unavailable", 503, "The platform's database cannot be used at the moment. Try again shortly; if it stays, report the traceId.");

    public static Error ContentTypeUnsupported(string? found) => new(
        "content_type_unsupported", 415,
        $"The Content-Type is {(string.IsNullOrEmpty(found) ? "missing" : $"'{found}'")}; send 'application/json' (with curl: -H 'Content-Type: application/json').");

    /// <summary>For answers that the framework makes without a body.</summary>
    public static Error ForStatus(int status, HttpRequest request) => status switch
    {
        404 => new("route_unknown", 404, $"There is nothing at {request.Method} {request.Path}. The routes are listed at /openapi/v1.json."),
        405 => new("method_not_allowed", 405, $"{request.Path} does not answer {request.Method}. The routes are listed at /openapi/v1.json."),
        408 => new("body_too_slow", 408, "The request's body did not arrive in time. Send it again."),
        413 => new("body_too_large", 413, "The request's body is too large. Split the inputs over several requests.", "body"),
        415 => ContentTypeUnsupported(request.ContentType),
        >= 500 => Internal() with { Status = status },
        _ => new("request_invalid", status, "The request cannot be read. See /openapi/v1.json for what is expected."),
    };
}
