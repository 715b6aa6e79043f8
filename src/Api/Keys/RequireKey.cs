using Platform.Api.Problems;
using Platform.Domain.Keys;

namespace Platform.Api.Keys;

/// <summary>Guards all of /v1: no handler there runs without a verified key.</summary>
internal sealed class RequireKey(KeyVerification verification) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var key = await verification.VerifyAsync(http.Request.Headers.Authorization, http.RequestAborted);
        if (key.IsFailure)
            return new Problem(key.Errors);
        http.Features.Set(key.Value);
        return await next(context);
    }
}

internal static class RequestKey
{
    /// <summary>The key that <see cref="RequireKey"/> let in.</summary>
    public static VerifiedKey Key(this HttpContext http) =>
        http.Features.Get<VerifiedKey>() ?? throw new InvalidOperationException($"{http.Request.Path} is not behind {nameof(RequireKey)}.");
}
