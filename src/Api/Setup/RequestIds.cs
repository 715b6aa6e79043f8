namespace Platform.Api.Setup;

/// <summary>Every request gets an id of our own; it names the usage record and goes out as a header.</summary>
internal static class RequestIds
{
    private const string Header = "x-request-id";

    public static IApplicationBuilder UseRequestIds(this IApplicationBuilder app) => app.Use(static (http, next) =>
    {
        var id = $"req_{Guid.CreateVersion7():N}";
        http.Features.Set(new Assigned(id));
        http.Response.OnStarting(() =>
        {
            http.Response.Headers[Header] = http.RequestId();
            return Task.CompletedTask;
        });
        return next(http);
    });

    public static string RequestId(this HttpContext http) =>
        http.Features.Get<Assigned>()?.Id ?? throw new InvalidOperationException($"{nameof(UseRequestIds)} is missing.");

    /// <summary>The request is one that was begun before.</summary>
    public static void UseRequestId(this HttpContext http, string id) => http.Features.Set(new Assigned(id));

    private sealed record Assigned(string Id);
}
