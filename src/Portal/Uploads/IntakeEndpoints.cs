using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Features;
using Platform.Domain.Datasets;
using Platform.Domain.Datasets.Intakes;
using Platform.Domain.Results;
using Platform.Domain.Users;
using Platform.Portal.Access;

namespace Platform.Portal.Uploads;

/// <summary>
/// Takes an upload in by pieces over plain HTTP, so that any size gets through any connection: announce the files, send each from where
/// the platform has it, end. Whoever is cut off asks how far it is and goes on from there.
/// </summary>
internal static class IntakeEndpoints
{
    /// <summary>Small enough that a broken connection costs little, large enough that the requests do not (bytes).</summary>
    public const int PieceBytes = 8 << 20;

    public static void MapIntakes(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/tasks/{name}/uploads", BeginAsync).RequireAuthorization();
        var upload = routes.MapGroup("/uploads/{id:guid}").RequireAuthorization();
        upload.MapGet("", ShowAsync);
        upload.MapPut("{split}", AppendAsync);
        upload.MapPost("end", EndAsync);
        upload.MapDelete("", CancelAsync);
    }

    public static string PathFor(string task) => $"/tasks/{Uri.EscapeDataString(task)}/uploads";

    public static string PageFor(string task, Guid id) => $"{PathFor(task)}/{id}";

    private static async Task<IResult> BeginAsync(
        HttpContext context, string name, AnnouncedUpload announced, UserAccounts accounts, DatasetIntakes intakes, IAntiforgery antiforgery, CancellationToken cancellationToken) =>
        await RunAsync(context, accounts, antiforgery, async actor =>
        {
            List<IntakeFile> files = [];
            foreach (var file in announced.Files ?? [])
            {
                if (SplitOf(file.Split) is not { } split)
                    return Refuse([UploadErrors.UnknownField(file.Split)]);
                files.Add(new IntakeFile(split, Path.GetFileName(file.Name), file.Size, file.Modified));
            }

            var begun = await intakes.BeginAsync(actor, name, files, cancellationToken);
            return begun.IsSuccess ? State(intakes, begun.Value) : Refuse(begun.Errors);
        }, cancellationToken);

    private static async Task<IResult> ShowAsync(Guid id, HttpContext context, UserAccounts accounts, DatasetIntakes intakes, CancellationToken cancellationToken) =>
        await RunAsync(context, accounts, null, async actor =>
        {
            var found = await intakes.FindAsync(actor, id, cancellationToken);
            return found.IsSuccess ? State(intakes, found.Value) : Refuse(found.Errors);
        }, cancellationToken);

    private static async Task<IResult> AppendAsync(
        Guid id, string split, long offset, HttpContext context, UserAccounts accounts, DatasetIntakes intakes, IAntiforgery antiforgery, CancellationToken cancellationToken)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = PieceBytes;
        return await RunAsync(context, accounts, antiforgery, async actor =>
        {
            if (SplitOf(split) is not { } known)
                return Refuse([UploadErrors.UnknownField(split)]);
            var appended = await intakes.AppendAsync(actor, id, known, offset, context.Request.Body, cancellationToken);
            return appended.IsSuccess ? Results.Json(new { received = appended.Value }) : Refuse(appended.Errors);
        }, cancellationToken);
    }

    private static async Task<IResult> EndAsync(Guid id, HttpContext context, UserAccounts accounts, DatasetIntakes intakes, IAntiforgery antiforgery, CancellationToken cancellationToken) =>
        await RunAsync(context, accounts, antiforgery, async actor =>
        {
            var ended = await intakes.EndReceivingAsync(actor, id, cancellationToken);
            return ended.IsSuccess ? State(intakes, ended.Value) : Refuse(ended.Errors);
        }, cancellationToken);

    private static async Task<IResult> CancelAsync(Guid id, HttpContext context, UserAccounts accounts, DatasetIntakes intakes, IAntiforgery antiforgery, CancellationToken cancellationToken) =>
        await RunAsync(context, accounts, antiforgery, async actor =>
        {
            var cancelled = await intakes.CancelAsync(actor, id, cancellationToken);
            return cancelled.IsSuccess ? Results.NoContent() : Refuse(cancelled.Errors);
        }, cancellationToken);

    /// <param name="antiforgery">Null for what changes nothing.</param>
    private static async Task<IResult> RunAsync(
        HttpContext context, UserAccounts accounts, IAntiforgery? antiforgery, Func<Actor, Task<IResult>> operation, CancellationToken cancellationToken)
    {
        if (CurrentActor.UserIdOf(context.User) is not { } userId)
            return Results.Unauthorized();
        if (antiforgery is not null && !(context.Request.Headers.ContainsKey(DatasetUploadEndpoint.TokenHeader) && await antiforgery.IsRequestValidAsync(context)))
            return Refuse([UploadErrors.TokenMissing()]);
        var actor = await accounts.ActorAsync(userId, cancellationToken);
        if (actor.IsFailure)
            return Refuse(actor.Errors);
        try
        {
            return await operation(actor.Value);
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Refuse([UploadErrors.PieceTooLarge(PieceBytes)]);
        }
        catch (IOException) when (!cancellationToken.IsCancellationRequested)
        {
            return Refuse([UploadErrors.Interrupted()]);
        }
    }

    private static IResult State(DatasetIntakes intakes, DatasetIntake intake) => Results.Json(new
    {
        id = intake.Id,
        status = intake.Status.ToString(),
        pieceBytes = PieceBytes,
        location = PageFor(intake.Task?.Name ?? "", intake.Id),
        received = intakes.Received(intake).ToDictionary(file => file.Key.ToWire(), file => file.Value),
    });

    private static Split? SplitOf(string name) => Splits.All.Cast<Split?>().FirstOrDefault(split => split!.Value.ToWire() == name);

    private static IResult Refuse(IReadOnlyList<Error> errors) => Results.Problem(
        statusCode: errors[0].Status,
        title: "The upload was refused",
        detail: string.Join('\n', errors.Select(error => error.Message)),
        extensions: new Dictionary<string, object?> { ["code"] = errors[0].Code });
}

internal sealed record AnnouncedUpload(IReadOnlyList<AnnouncedFile>? Files);

/// <param name="Modified">Unix milliseconds.</param>
internal sealed record AnnouncedFile(string Split, string Name, long Size, long Modified);
