using System.Globalization;
using Platform.Api.Keys;
using Platform.Api.Problems;

namespace Platform.Api.Limits;

/// <summary>Holds keys to their requests a minute, and tells callers what they have left in OpenAI's headers.</summary>
internal sealed class KeyLimitFilter(KeyLimits limits) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var key = http.Key();
        http.Response.OnStarting(() =>
        {
            Describe(http.Response, "requests", limits.RequestsOf(key));
            Describe(http.Response, "tokens", limits.TokensOf(key));
            return Task.CompletedTask;
        });
        return await limits.TakeRequestAsync(key, behind: false, http.RequestAborted) is { } error ? new Problem(error) : await next(context);
    }

    private static void Describe(HttpResponse response, string unit, Allowance? allowance)
    {
        if (allowance is null)
            return;
        response.Headers[$"x-ratelimit-limit-{unit}"] = allowance.PerMinute.ToString(CultureInfo.InvariantCulture);
        response.Headers[$"x-ratelimit-remaining-{unit}"] = allowance.Remaining.ToString(CultureInfo.InvariantCulture);
        response.Headers[$"x-ratelimit-reset-{unit}"] = string.Create(CultureInfo.InvariantCulture, $"{allowance.UntilFull.TotalMilliseconds:0}ms");
    }
}
