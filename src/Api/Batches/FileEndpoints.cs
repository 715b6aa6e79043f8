using System.ComponentModel;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Platform.Api.Idempotency;
using Platform.Api.Keys;
using Platform.Api.OpenAi;
using Platform.Api.Problems;
using Platform.Api.Setup;
using Platform.Domain.Batches;
using Platform.Domain.Results;

namespace Platform.Api.Batches;

internal static class FileEndpoints
{
    private const int LongestName = 256;
    private const int MostFields = 16;

    public static async Task<IResult> PostAsync(HttpContext http, FileStore files, IdempotentCalls calls, IOptions<ApiOptions> options, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || type.MediaType != "multipart/form-data" || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 } boundary)
            return new Problem(new Error("content_type_unsupported", 415, "Send the file as multipart/form-data with the fields 'purpose' and 'file'."));
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = options.Value.MaxFileBytes + (1 << 20);

        StoredFile? stored = null;
        using var content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string? purpose = null;
        string? anchor = null;
        string? seconds = null;
        var reader = new MultipartReader(boundary, http.Request.Body);
        for (var fields = 0; fields < MostFields && await NextAsync(reader, cancellationToken) is { } section; fields++)
        {
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
                continue;
            var name = HeaderUtilities.RemoveQuotes(disposition.Name).Value;
            if (name == "purpose")
                purpose = await ReadTextAsync(section.Body, cancellationToken);
            else if (name == "expires_after[anchor]")
                anchor = await ReadTextAsync(section.Body, cancellationToken);
            else if (name == "expires_after[seconds]")
                seconds = await ReadTextAsync(section.Body, cancellationToken);
            else if (name == "file" && stored is null)
            {
                var added = await AddAsync(http, files, section.Body, FileName(disposition), content, options.Value, cancellationToken);
                if (added.IsFailure)
                    return new Problem(added.Errors);
                stored = added.Value;
            }
        }

        // The fields may come in any order, so what was sent with the wrong purpose goes again.
        var expiry = ExpiryFields.Read(anchor, seconds);
        var problem = expiry.IsFailure ? expiry.Error
            : purpose is null ? OpenAiErrors.Missing("purpose", "send 'batch'.")
            : purpose != "batch" ? OpenAiErrors.OutOfRange("purpose", $"'{(purpose.Length <= 32 ? purpose : purpose[..32])}'", "batch")
            : stored is null ? OpenAiErrors.Missing("file", "send the file's content.") : null;
        if (problem is null && !IdempotentCalls.IsNamed(http.Request))
            return await KeepAsync();
        var isKept = false;
        try
        {
            return problem is not null ? new Problem(problem) : (IResult)(await calls.RunAsync(http, Hash(stored!, expiry.Value, content), async () => await KeepAsync()))!;
        }
        finally
        {
            // What was refused, and what a named request brought a second time.
            if (stored is not null && !isKept)
                await files.DeleteAsync(stored.TeamId, BatchIds.Of(BatchIds.File, stored.Id), CancellationToken.None);
        }

        async Task<IResult> KeepAsync()
        {
            var kept = expiry.Value is { } keep ? await files.ExpireAfterAsync(stored!, keep, cancellationToken) : stored!;
            isKept = true;
            return Results.Json(FileObject.Of(kept));
        }
    }

    public static async Task<IResult> ListAsync(
        HttpContext http, FileStore files,
        [Description("batch or batch_output; all when left out.")] string? purpose, [Description("At most this many, 1 to 10000; 10000 when left out.")] int? limit,
        [Description("Id of the last file of the page before.")] string? after, [Description("desc (newest first, when left out) or asc.")] string? order, CancellationToken cancellationToken)
    {
        if (purpose is not null && FileObject.PurposeOf(purpose) is null)
            return new Problem(OpenAiErrors.OutOfRange("purpose", "unknown", "batch or batch_output"));
        if (limit is < 1 or > 10_000)
            return new Problem(OpenAiErrors.OutOfRange("limit", limit.Value.ToString(CultureInfo.InvariantCulture), "1 to 10000"));
        if (order is not (null or "asc" or "desc"))
            return new Problem(OpenAiErrors.OutOfRange("order", "unknown", "asc or desc"));
        var count = limit ?? 10_000;
        var found = await files.ListAsync(http.Key().TeamId, FileObject.PurposeOf(purpose), BatchIds.Parse(BatchIds.File, after), count, order == "asc", cancellationToken);
        return Results.Json(PageOf<FileObject>.Of([.. found.Select(FileObject.Of)], count, file => file.Id));
    }

    public static async Task<IResult> FindAsync([Description("The file's id.")] string id, HttpContext http, FileStore files, CancellationToken cancellationToken)
    {
        var file = await files.FindAsync(http.Key().TeamId, id, cancellationToken);
        return file.IsFailure ? new Problem(file.Errors) : Results.Json(FileObject.Of(file.Value));
    }

    public static async Task<IResult> ContentAsync([Description("The file's id.")] string id, HttpContext http, FileStore files, CancellationToken cancellationToken)
    {
        var file = await files.FindAsync(http.Key().TeamId, id, cancellationToken);
        if (file.IsFailure)
            return new Problem(file.Errors);
        var path = files.PathOf(file.Value.Id);
        return File.Exists(path) ? Results.File(path, "application/octet-stream", file.Value.Name) : new Problem(BatchErrors.FileUnknown(id));
    }

    public static async Task<IResult> DeleteAsync([Description("The file's id.")] string id, HttpContext http, FileStore files, CancellationToken cancellationToken)
    {
        var deleted = await files.DeleteAsync(http.Key().TeamId, id, cancellationToken);
        return deleted.IsFailure ? new Problem(deleted.Errors) : Results.Json(new DeletedObject(id, "file", true));
    }

    private static async Task<MultipartSection?> NextAsync(MultipartReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadNextSectionAsync(cancellationToken);
        }
        catch (IOException)
        {
            // The body ended in the middle: what is missing is said by its field.
            return null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static Task<Result<StoredFile>> AddAsync(HttpContext http, FileStore files, Stream body, string name, IncrementalHash content, ApiOptions options, CancellationToken cancellationToken) =>
        files.AddAsync(http.Key().TeamId, http.Key().KeyId, name, FilePurpose.Batch, options.MaxTeamFiles, options.FileRetention, async target =>
        {
            var buffer = new byte[1 << 16];
            var total = 0L;
            for (int read; (read = await body.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                total += read;
                if (total > options.MaxFileBytes)
                    return Result.Failure([Error.TooLarge("file_too_large", string.Create(CultureInfo.InvariantCulture, $"The file is longer than the limit of {options.MaxFileBytes} bytes. Split it over several batches."), "file")]);
                content.AppendData(buffer, 0, read);
                await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            return total == 0 ? Result.Failure([Error.Invalid("file_empty", "The file is empty; send one request as JSON on each line.", "file")]) : Result.Success();
        }, cancellationToken);

    /// <summary>What was sent, however the client cut it into parts: their boundary differs each time.</summary>
    private static byte[] Hash(StoredFile file, TimeSpan? keep, IncrementalHash content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"POST /v1/files\n{file.Purpose}\n{file.Name}\n{keep?.Ticks}\n")));
        hash.AppendData(content.GetHashAndReset());
        return hash.GetHashAndReset();
    }

    private static string FileName(ContentDispositionHeaderValue disposition)
    {
        var name = Path.GetFileName(HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value ?? "");
        return name.Length == 0 ? "file.jsonl" : name.Length <= LongestName ? name : name[..LongestName];
    }

    private static async Task<string> ReadTextAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[256];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
