using System.Globalization;
using Platform.Domain.Audit;
using Platform.Domain.Users;
using Platform.Portal.Access;
using Platform.Portal.Downloads;

namespace Platform.Portal.Audits;

internal static class AuditDownload
{
    public const string Path = "/admin/audit.csv";

    private const string Header = "id,at,actor,actor_id,action,entity_type,entity_id,reason,before,after\r\n";

    public static void MapAuditDownload(this IEndpointRouteBuilder routes) =>
        routes.MapGet(Path, DownloadAsync).RequireAuthorization(policy => policy.RequireAuthenticatedUser().RequireRole(Roles.Admin));

    private static async Task<IResult> DownloadAsync(
        HttpContext context, UserAccounts accounts, AuditTrail trail, TimeProvider clock, string? from, string? to, string? who, string? what, CancellationToken cancellationToken)
    {
        if (CurrentActor.UserIdOf(context.User) is not { } userId || await accounts.ActorAsync(userId, cancellationToken) is not { IsSuccess: true } actor)
            return Results.Unauthorized();
        var exported = await trail.ExportAsync(actor.Value, new AuditChoice(from, to, who, what).Filter(), cancellationToken);
        if (exported.IsFailure)
            return Results.Problem(exported.Error.Message, statusCode: exported.Error.Status);

        context.Response.Headers.ContentDisposition = $"attachment; filename=\"audit-{clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd-HHmm", CultureInfo.InvariantCulture)}.csv\"";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "text/csv; charset=utf-8";
        await context.Response.WriteAsync(Header, cancellationToken);
        await foreach (var entry in exported.Value.WithCancellation(cancellationToken))
            await context.Response.WriteAsync(Line(entry), cancellationToken);
        return Results.Empty;
    }

    private static string Line(AuditEntry entry) => string.Create(
        CultureInfo.InvariantCulture,
        $"{entry.Id},{entry.At.UtcDateTime:yyyy-MM-ddTHH:mm:ss.ffffffZ},{CsvField.Of(entry.ActorName)},{entry.ActorId},{CsvField.Of(entry.Action)},{CsvField.Of(entry.EntityType)},{CsvField.Of(entry.EntityId)},{CsvField.Of(entry.Reason)},{CsvField.Of(entry.BeforeJson)},{CsvField.Of(entry.AfterJson)}\r\n");
}
