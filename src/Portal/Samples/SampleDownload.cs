using Platform.Domain.Sampling;
using Platform.Domain.Users;
using Platform.Portal.Access;

namespace Platform.Portal.Samples;

internal static class SampleDownload
{
    public static string PathOf(string task) => $"/tasks/{Uri.EscapeDataString(task)}/samples.jsonl";

    public static void MapSampleDownload(this IEndpointRouteBuilder routes) => routes.MapGet("/tasks/{name}/samples.jsonl", DownloadAsync).RequireAuthorization();

    private static async Task<IResult> DownloadAsync(HttpContext context, string name, UserAccounts accounts, RequestSamples samples, CancellationToken cancellationToken)
    {
        if (CurrentActor.UserIdOf(context.User) is not { } userId || await accounts.ActorAsync(userId, cancellationToken) is not { IsSuccess: true } actor)
            return Results.Unauthorized();
        var exported = await samples.ExportAsync(actor.Value, name, cancellationToken);
        if (exported.IsFailure)
            return Results.Problem(exported.Error.Message, statusCode: exported.Error.Status);
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"samples-{name}.jsonl\"";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "application/jsonl";
        await foreach (var sample in exported.Value.WithCancellation(cancellationToken))
            await context.Response.WriteAsync(SampleLine.Of(sample) + "\n", cancellationToken);
        return Results.Empty;
    }
}
