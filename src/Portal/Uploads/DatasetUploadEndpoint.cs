using System.Net.Mime;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Platform.Domain.Datasets;
using Platform.Domain.Results;
using Platform.Domain.Setup;
using Platform.Domain.Tasks;
using Platform.Domain.Users;
using Platform.Portal.Access;

namespace Platform.Portal.Uploads;

/// <summary>
/// Takes a dataset in over plain HTTP: no page's circuit carries the bytes. Each file streams through the domain's reader while it
/// arrives, so memory stays flat whatever its size.
/// </summary>
internal static class DatasetUploadEndpoint
{
    public const string TokenField = "__RequestVerificationToken";

    public const string TokenHeader = "RequestVerificationToken";

    /// <summary>Room for boundaries and headers beside the files (bytes).</summary>
    private const int Framing = 64 * 1024;

    private const int MaxTokenLength = 4096;

    public static void MapUploads(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/tasks/{name}/datasets", UploadAsync).RequireAuthorization();

    public static string PathFor(string task) => $"/tasks/{Uri.EscapeDataString(task)}/datasets";

    public static string PageFor(string task, int number) => $"/tasks/{Uri.EscapeDataString(task)}/data/{number}";

    private static async Task<IResult> UploadAsync(
        HttpContext context, string name, UserAccounts accounts, TaskCatalog catalog, DatasetUploads uploads, IAntiforgery antiforgery,
        IOptions<PlatformOptions> limits, CancellationToken cancellationToken)
    {
        LimitBody(context, limits.Value);
        if (CurrentActor.UserIdOf(context.User) is not { } userId)
            return Results.Unauthorized();
        var actor = await accounts.ActorAsync(userId, cancellationToken);
        if (actor.IsFailure)
            return Refuse(context, name, actor.Errors);
        var task = await catalog.FindAsync(actor.Value, name, cancellationToken);
        if (task.IsFailure)
            return Refuse(context, name, task.Errors);
        if (context.Request.ContentLength > MaxBody(limits.Value))
            return Refuse(context, name, [DatasetErrors.FileTooLarge("The upload", limits.Value.MaxFileBytes)]);

        using var staging = uploads.Stage();
        var errors = await ReadAsync(context, staging, antiforgery, limits.Value, cancellationToken);
        if (errors.Count > 0)
            return Refuse(context, name, errors);
        var stored = await uploads.StoreAsync(actor.Value, task.Value.Id, staging, cancellationToken);
        return stored.IsSuccess ? Accept(context, task.Value.Name, stored.Value) : Refuse(context, name, stored.Errors);
    }

    private static async Task<List<Error>> ReadAsync(
        HttpContext context, DatasetStaging staging, IAntiforgery antiforgery, PlatformOptions limits, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary)
            return [UploadErrors.NotMultipart()];

        List<Error> errors = [];
        var isGenuine = false;
        try
        {
            var reader = new MultipartReader(boundary, context.Request.Body);
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (section.GetContentDispositionHeader() is not { } disposition)
                    return [UploadErrors.Malformed()];
                var field = HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "";
                if (field == TokenField)
                    await TakeTokenAsync(context, section, cancellationToken);
                if (!disposition.IsFileDisposition())
                    continue;

                // The token stands before the files: nothing of a forged request is ever stored. (Without the header, the check would
                // look for the token in the body, which is being read here.)
                isGenuine = isGenuine || (context.Request.Headers.ContainsKey(TokenHeader) && await antiforgery.IsRequestValidAsync(context));
                if (!isGenuine)
                    return [UploadErrors.TokenMissing()];
                errors.AddRange(await AddAsync(staging, field, section, cancellationToken));
            }
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return [DatasetErrors.FileTooLarge("The upload", limits.MaxFileBytes)];
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException && !cancellationToken.IsCancellationRequested)
        {
            return [UploadErrors.Malformed()];
        }

        return errors;
    }

    private static async Task<IReadOnlyList<Error>> AddAsync(
        DatasetStaging staging, string field, MultipartSection section, CancellationToken cancellationToken)
    {
        var file = section.AsFileSection()!;
        if (string.IsNullOrEmpty(file.FileName))
            return [];
        if (Splits.All.Cast<Split?>().FirstOrDefault(split => split!.Value.ToWire() == field) is not { } split)
            return [UploadErrors.UnknownField(field)];
        var added = await staging.AddAsync(split, file.FileName, section.Body, cancellationToken);
        return added.Errors;
    }

    /// <summary>Where scripts send the token in the header, a plain form can only send it as its first field.</summary>
    private static async Task TakeTokenAsync(HttpContext context, MultipartSection section, CancellationToken cancellationToken)
    {
        var buffer = new char[MaxTokenLength];
        using var reader = new StreamReader(section.Body);
        var length = await reader.ReadBlockAsync(buffer, cancellationToken);
        if (!context.Request.Headers.ContainsKey(TokenHeader))
            context.Request.Headers[TokenHeader] = new string(buffer, 0, length);
    }

    private static void LimitBody(HttpContext context, PlatformOptions limits)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = MaxBody(limits);
    }

    private static long MaxBody(PlatformOptions limits) => limits.MaxFileBytes * Splits.All.Count + Framing;

    private static bool WantsPage(HttpContext context) =>
        context.Request.Headers.Accept.ToString().Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase);

    private static IResult Accept(HttpContext context, string task, StoredDataset stored)
    {
        var page = PageFor(task, stored.Version.Number);
        return WantsPage(context)
            ? Results.LocalRedirect(page)
            : Results.Json(new { location = page, version = stored.Version.Number, isNew = stored.IsNew }, statusCode: stored.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static IResult Refuse(HttpContext context, string task, IReadOnlyList<Error> errors)
    {
        var status = errors[0].Status;
        return WantsPage(context)
            ? new RazorComponentResult<UploadRefused>(new { Task = task, Errors = errors }) { StatusCode = status }
            : Results.Problem(
                statusCode: status,
                title: "The upload was refused",
                detail: string.Join('\n', errors.Select(error => error.Message)),
                extensions: new Dictionary<string, object?>
                {
                    ["code"] = errors[0].Code,
                    ["errors"] = errors.Select(error => new { error.Code, error.Message, error.Field }),
                });
    }
}
