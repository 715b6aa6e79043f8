using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Platform.Domain.Batches;

namespace Platform.Api.Batches;

[Description("A file of the key's team.")]
internal sealed record FileObject(string Id, string Object, long Bytes, long CreatedAt, long ExpiresAt, string Filename, string Purpose, string Status)
{
    public static FileObject Of(StoredFile file) => new(
        BatchIds.Of(BatchIds.File, file.Id), "file", file.SizeBytes, file.CreatedAt.ToUnixTimeSeconds(), file.ExpiresAt.ToUnixTimeSeconds(), file.Name, WireOf(file.Purpose), "processed");

    public static string WireOf(FilePurpose purpose) => purpose == FilePurpose.Batch ? "batch" : "batch_output";

    public static FilePurpose? PurposeOf(string? wire) => wire switch
    {
        "batch" => FilePurpose.Batch,
        "batch_output" => FilePurpose.BatchOutput,
        _ => null,
    };
}

[Description("What to answer.")]
internal sealed record BatchBody(
    [property: Required, Description("Id of a file of the purpose batch.")] string InputFileId,
    [property: Required, Description("/v1/chat/completions, /v1/completions or /v1/tasks/{task}/predict; every line names it as its url.")] string Endpoint,
    [property: Required, Description("24h.")] string CompletionWindow,
    [property: Description("Your own notes, up to 16 fields.")] IReadOnlyDictionary<string, string>? Metadata,
    [property: Description("When the files that the batch writes are deleted; after 30 days (a setting of the server) when left out.")] FileExpiry? OutputExpiresAfter);

[Description("After how long a file is deleted.")]
internal sealed record FileExpiry([property: Description("created_at.")] string Anchor, [property: Description("3600 to 2592000.")] long Seconds);

internal sealed record DeletedObject(string Id, string Object, bool Deleted);

[Description("A part of a list; 'after' with last_id gives the next one.")]
internal sealed record PageOf<T>(
    string Object, IReadOnlyList<T> Data,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FirstId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? LastId,
    bool HasMore)
{
    /// <param name="found">One more than <paramref name="count"/> when there are more.</param>
    public static PageOf<T> Of(IReadOnlyList<T> found, int count, Func<T, string> id)
    {
        List<T> page = [.. found.Take(count)];
        return new PageOf<T>("list", page, page.Count > 0 ? id(page[0]) : null, page.Count > 0 ? id(page[^1]) : null, found.Count > count);
    }
}

internal sealed record RequestCounts(int Total, int Completed, int Failed);

internal sealed record BatchProblemList(string Object, IReadOnlyList<BatchProblemItem> Data);

internal sealed record BatchProblemItem(string Code, string Message, int? Line, string? Param);

[Description("Many requests from a file.")]
internal sealed record BatchObject(
    string Id, string Object, string Endpoint, BatchProblemList? Errors, string InputFileId, string CompletionWindow, string Status,
    string? OutputFileId, string? ErrorFileId, long CreatedAt, long? InProgressAt, long ExpiresAt, long? CompletedAt, long? FailedAt, long? ExpiredAt,
    long? CancellingAt, long? CancelledAt, RequestCounts RequestCounts, JsonNode? Metadata)
{
    public static BatchObject Of(Batch batch) => new(
        BatchIds.Of(BatchIds.Batch, batch.Id), "batch", batch.Endpoint,
        batch.Problems.Count == 0 ? null : new BatchProblemList("list", [.. batch.Problems.Select(problem => new BatchProblemItem(problem.Code, problem.Message, problem.Line, problem.Field))]),
        BatchIds.Of(BatchIds.File, batch.InputFileId), "24h", JsonNamingPolicy.SnakeCaseLower.ConvertName(batch.Status.ToString()),
        batch.HasEnded && batch.Completed > 0 ? BatchIds.Of(BatchIds.File, batch.OutputFileId) : null,
        batch.HasEnded && batch.Failed > 0 ? BatchIds.Of(BatchIds.File, batch.ErrorFileId) : null,
        batch.CreatedAt.ToUnixTimeSeconds(), batch.StartedAt?.ToUnixTimeSeconds(), batch.ExpiresAt.ToUnixTimeSeconds(),
        Ended(batch, BatchStatus.Completed), Ended(batch, BatchStatus.Failed), Ended(batch, BatchStatus.Expired),
        batch.CancellingAt?.ToUnixTimeSeconds(), Ended(batch, BatchStatus.Cancelled),
        new RequestCounts(batch.Total, batch.Completed, batch.Failed), batch.MetadataJson is null ? null : JsonNode.Parse(batch.MetadataJson));

    private static long? Ended(Batch batch, BatchStatus status) => batch.Status == status ? batch.EndedAt?.ToUnixTimeSeconds() : null;
}
