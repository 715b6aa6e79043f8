using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using Platform.Domain.Results;

namespace Platform.Api.OpenAi;

[Description("An error as OpenAI's clients expect it.")]
internal sealed record OpenAiErrorBody(OpenAiErrorItem Error);

[Description("What went wrong.")]
internal sealed record OpenAiErrorItem(
    [property: Description("What is wrong and how to mend it.")] string Message,
    [property: Description("invalid_request_error, authentication_error, permission_error, rate_limit_error or server_error.")] string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never), Description("The field at fault, such as messages[0].content.")] string? Param,
    [property: Description("Stable; safe to switch on.")] string Code,
    [property: Description("Name it when you report the error.")] string TraceId);

/// <summary>OpenAI's error object, which all of its paths answer with, so that its clients raise their own exceptions.</summary>
internal static class OpenAiError
{
    private static readonly PathString[] Paths = ["/v1/chat", "/v1/completions", "/v1/models", "/v1/files", "/v1/batches"];

    public static bool IsFor(PathString path) => Paths.Any(start => path.StartsWithSegments(start, StringComparison.Ordinal));

    /// <param name="errors">All problems; the first one decides type, field and code.</param>
    public static OpenAiErrorBody Body(IReadOnlyList<Error> errors, HttpContext http) => Body(errors, Activity.Current?.Id ?? http.TraceIdentifier);

    public static OpenAiErrorBody Body(IReadOnlyList<Error> errors, string traceId)
    {
        var first = errors[0];
        return new OpenAiErrorBody(new OpenAiErrorItem(string.Join(' ', errors.Take(5).Select(error => error.Message)), Type(first.Status), first.Field, first.Code, traceId));
    }

    /// <summary>Status and headers are on the response already.</summary>
    public static Task WriteAsync(HttpContext http, IReadOnlyList<Error> errors)
    {
        // The clients try 429 again by themselves; where time mends nothing, as with an empty budget, that would only add calls.
        if (errors[0].Status == StatusCodes.Status429TooManyRequests && errors[0].RetryAfterSeconds is null)
            http.Response.Headers["x-should-retry"] = "false";
        return http.Response.WriteAsJsonAsync(Body(errors, http), options: null, "application/json", http.RequestAborted);
    }

    private static string Type(int status) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };
}

/// <summary>What a request on OpenAI's paths can do wrong beyond what every request can.</summary>
internal static class OpenAiErrors
{
    public static Error Missing(string field, string what) => Error.Invalid("field_missing", $"'{field}' is missing; {what}", field);

    public static Error FieldUnknown(string field) => Error.Invalid(
        "field_unknown", $"There is no field '{field}' here. docs/api.md lists those that are used and those that are taken without effect.", field);

    public static Error Unsupported(string field, string mend) => Error.Invalid("field_unsupported", $"'{field}' is not supported: {mend}", field);

    public static Error OutOfRange(string field, string value, string range) => Error.Invalid("field_out_of_range", $"'{field}' is {value}; it must be {range}.", field);

    public static Error RoleRefused(string field, string role) => Error.Invalid(
        "role_unsupported",
        $"'{field}' has the role '{role}'. The task's instruction is part of the model, so it takes exactly one message of the role 'user', with the input as its content; leave the others out.",
        field);

    public static Error ModelUnknown(Error error) => error with { Field = "model", Code = error.Code == "task_unknown" ? "model_not_found" : error.Code };

    public static Error TooManyChoices(int choices, int limit) => Error.Invalid(
        "choices_too_many", string.Create(CultureInfo.InvariantCulture, $"The request asks for {choices} answers; the limit is {limit}. Lower 'n', or split the prompts over several requests."), "n");

    public static Error SchemaRefused(string problem) => Error.Invalid(
        "schema_unsupported", $"'response_format.json_schema.schema' cannot be used: {problem}", "response_format.json_schema.schema");
}
