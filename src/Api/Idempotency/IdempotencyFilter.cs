using System.Security.Cryptography;
using System.Text;
using Platform.Api.Predictions;
using Platform.Api.Problems;

namespace Platform.Api.Idempotency;

/// <summary>Requests whose whole body says what they are: route and body must be the same, byte for byte.</summary>
internal sealed class IdempotencyFilter(IdempotentCalls calls, BodyReader bodies) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (!IdempotentCalls.IsNamed(http.Request))
            return await next(context);
        var body = await bodies.ReadBytesAsync(http.Request, http.RequestAborted);
        if (body.IsFailure)
            return new Problem(body.Errors);
        http.Request.Body = new MemoryStream(body.Value);
        return await calls.RunAsync(http, Hash(http.Request, body.Value), () => next(context));
    }

    private static byte[] Hash(HttpRequest request, byte[] body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}\n"));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
