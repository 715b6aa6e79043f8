using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Platform.Api.Keys;
using Platform.Api.OpenAi;
using Platform.Api.Predictions;
using Platform.Api.Problems;
using Platform.Api.Setup;
using Platform.Domain.Batches;
using Platform.Domain.Results;

namespace Platform.Api.Batches;

internal static class BatchEndpoints
{
    private const int MostMetadata = 16;

    public static async Task<IResult> PostAsync(
        HttpContext http, BodyReader bodies, FileStore files, BatchBook book, BatchWorker worker, IOptions<ApiOptions> options, CancellationToken cancellationToken)
    {
        var body = await bodies.ReadAsync(http.Request, cancellationToken);
        if (body.IsFailure)
            return new Problem(body.Errors);
        using var document = body.Value;
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            return new Problem(PredictErrors.WrongType("body", "an object", PredictRequestReader.Name(document.RootElement)));

        List<Error> errors = [];
        var fields = new FieldReader(document.RootElement, "", errors);
        fields.CheckNames("input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after");
        var endpoint = fields.Text("endpoint");
        if (endpoint is null || !BatchLines.IsEndpoint(endpoint))
            errors.Add(OpenAiErrors.OutOfRange("endpoint", $"'{(endpoint?.Length <= 128 ? endpoint : "missing")}'", "/v1/chat/completions, /v1/completions or /v1/tasks/{task}/predict"));
        if (fields.Text("completion_window") is not "24h")
            errors.Add(OpenAiErrors.OutOfRange("completion_window", "another one or missing", "24h"));
        var metadata = fields.Inside("metadata") is null ? (JsonElement?)null : fields.Find("metadata");
        if (metadata is { } notes && (notes.EnumerateObject().Count() > MostMetadata || notes.GetRawText().Length > 16_384))
            errors.Add(OpenAiErrors.OutOfRange("metadata", "too large", $"at most {MostMetadata} fields of together 16,384 characters"));
        var expiry = ExpiryFields.Read(fields, "output_expires_after");
        var file = fields.Text("input_file_id") is { } id
            ? await files.FindAsync(http.Key().TeamId, id, cancellationToken)
            : Result.Failure<StoredFile>([OpenAiErrors.Missing("input_file_id", "name a file that was sent to /v1/files with the purpose 'batch'.")]);
        errors.AddRange(file.Errors.Select(error => error with { Field = "input_file_id" }));
        if (file is { IsSuccess: true, Value.Purpose: not FilePurpose.Batch })
            errors.Add(Error.Invalid("file_purpose_wrong", "The file was written by a batch. Send the requests as a file of the purpose 'batch'.", "input_file_id"));
        if (errors.Count > 0)
            return new Problem(errors);

        var request = new BatchRequest(http.Key().TeamId, http.Key().KeyId, file.Value.Id, endpoint!, metadata?.GetRawText(), expiry);
        var created = await book.CreateAsync(request, options.Value.MaxTeamBatches, cancellationToken);
        if (created.IsFailure)
            return new Problem(created.Errors);
        worker.Wake();
        return Results.Json(BatchObject.Of(created.Value));
    }

    public static async Task<IResult> ListAsync(
        HttpContext http, BatchBook book, [Description("At most this many, 1 to 100; 20 when left out.")] int? limit,
        [Description("Id of the last batch of the page before.")] string? after, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > 100)
            return new Problem(OpenAiErrors.OutOfRange("limit", limit.Value.ToString(CultureInfo.InvariantCulture), "1 to 100"));
        var found = await book.ListAsync(http.Key().TeamId, BatchIds.Parse(BatchIds.Batch, after), limit ?? 20, cancellationToken);
        return Results.Json(PageOf<BatchObject>.Of([.. found.Select(BatchObject.Of)], limit ?? 20, batch => batch.Id));
    }

    public static async Task<IResult> FindAsync([Description("The batch's id.")] string id, HttpContext http, BatchBook book, CancellationToken cancellationToken)
    {
        var batch = await book.FindAsync(http.Key().TeamId, id, cancellationToken);
        return batch.IsFailure ? new Problem(batch.Errors) : Results.Json(BatchObject.Of(batch.Value));
    }

    public static async Task<IResult> CancelAsync([Description("The batch's id.")] string id, HttpContext http, BatchBook book, BatchWorker worker, CancellationToken cancellationToken)
    {
        var batch = await book.CancelAsync(http.Key().TeamId, id, cancellationToken);
        if (batch.IsFailure)
            return new Problem(batch.Errors);
        worker.Wake();
        return Results.Json(BatchObject.Of(batch.Value));
    }
}
