using System.Text.Json;
using Microsoft.Extensions.Options;
using Platform.Api.Problems;
using Platform.Api.Setup;
using Platform.Domain.Results;

namespace Platform.Api.Predictions;

/// <summary>Reads a JSON body up to the limit. The limit holds for every server, also for bodies without a length.</summary>
internal sealed class BodyReader(IOptions<ApiOptions> options)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public async Task<Result<JsonDocument>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
            return ApiErrors.ContentTypeUnsupported(request.ContentType);
        var body = await ReadBytesAsync(request, cancellationToken);
        return body.IsFailure ? Result.Failure<JsonDocument>(body.Errors) : Parse(body.Value);
    }

    /// <summary>Whatever it is.</summary>
    public async Task<Result<byte[]>> ReadBytesAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var limit = options.Value.MaxBodyBytes;
        if (request.ContentLength > limit)
            return PredictErrors.BodyTooLarge(limit);

        using var body = new MemoryStream((int)(request.ContentLength ?? 0));
        var buffer = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (body.Length + read > limit)
                return PredictErrors.BodyTooLarge(limit);
            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }

    private static Result<JsonDocument> Parse(byte[] body)
    {
        if (!System.Text.Unicode.Utf8.IsValid(body))
            return PredictErrors.NotUtf8();
        try
        {
            return JsonDocument.Parse(body, Strict);
        }
        catch (JsonException exception)
        {
            // The parser appends its own zero-based position to the reason.
            var reason = exception.Message.Split(" LineNumber:")[0].Split(" Path:")[0];
            return PredictErrors.NotJson((exception.LineNumber ?? 0) + 1, (exception.BytePositionInLine ?? 0) + 1, reason);
        }
    }
}
