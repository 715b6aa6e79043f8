using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.WebUtilities;
using Platform.Api.OpenAi;
using Platform.Domain.Results;

namespace Platform.Api.Problems;

/// <summary>
/// The one way in which an error leaves the Api. It writes the body itself: the framework's writer writes none for a client whose
/// Accept header does not name JSON, and renames the trace id.
/// </summary>
/// <param name="errors">All problems; the first one decides the status, the code and when to try again.</param>
internal sealed class Problem(IReadOnlyList<Error> errors) : IResult
{
    public const string ContentType = "application/problem+json";

    public Problem(Error error) : this([error])
    {
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var first = errors[0];
        var response = httpContext.Response;
        response.StatusCode = first.Status;
        if (first.Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        if (first.RetryAfterSeconds is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (OpenAiError.IsFor(httpContext.Request.Path))
            return OpenAiError.WriteAsync(httpContext, errors);
        return response.WriteAsJsonAsync(
            new ProblemBody(
                ReasonPhrases.GetReasonPhrase(first.Status), first.Status, first.Message, first.Code,
                errors.Count > 1 || first.Field is not null ? [.. errors.Select(error => new ProblemItem(error.Code, error.Field, error.Message))] : null,
                Activity.Current?.Id ?? httpContext.TraceIdentifier),
            options: null, ContentType, httpContext.RequestAborted);
    }
}

[Description("An error: RFC 9457 problem details.")]
internal sealed record ProblemBody(
    [property: Description("The status in words.")] string Title,
    int Status,
    [property: Description("What is wrong and how to mend it.")] string Detail,
    [property: Description("Stable; safe to switch on.")] string Code,
    [property: Description("All problems, where there is more than one or a field is at fault.")] IReadOnlyList<ProblemItem>? Errors,
    [property: JsonPropertyName("traceId"), Description("Name it when you report the error.")] string TraceId);

[Description("One problem.")]
internal sealed record ProblemItem(
    string Code,
    [property: Description("Where in the request, such as inputs[2].text.")] string? Field,
    string Message);
