using Platform.Api.Limits;
using Platform.Api.Problems;
using Platform.Domain.Keys;

namespace Platform.Api.Keys;

/// <summary>Guards all of /v1: no handler there runs without a verified key.</summary>
internal sealed class RequireKey(KeyVerification verification, AuthenticationFailures failures) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        string? authorization = http.Request.Headers.Authorization;
        var address = http.Connection.RemoteIpAddress;
        if (!verification.HasConfirmed(authorization) && failures.Blocked(address) is { } wait)
            return new Problem(LimitErrors.AuthenticationFailures(wait));
        var key = await verification.VerifyAsync(authorization, http.RequestAborted);
        if (key.IsFailure)
        {
            failures.Count(address);
            return new Problem(key.Errors);
        }

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
