using Platform.Api.OpenAi;
using Platform.Api.Setup;

namespace Platform.Api.Batches;

internal static class BatchRoutes
{
    /// <param name="v1">What only reads or deletes.</param>
    /// <param name="limited">Held to the key's limits.</param>
    /// <param name="computing">Held to the key's limits, and done once when the caller names it.</param>
    public static void MapBatches(this RouteGroupBuilder v1, RouteGroupBuilder limited, RouteGroupBuilder computing)
    {
        limited.MapPost("/files", FileEndpoints.PostAsync).Describe("Batches", "Send a file", "multipart/form-data with 'purpose' (batch) and 'file': one request as JSON on each line, {\"custom_id\", \"method\": \"POST\", \"url\", \"body\"}. 'expires_after[anchor]' (created_at) and 'expires_after[seconds]' say when it is deleted; after 30 days (a setting of the server) without them.")
            .Produces<FileObject>().ProducesOpenAiErrors(400, 401, 409, 413, 415, 422, 429, 507);
        v1.MapGet("/files", FileEndpoints.ListAsync).Describe("Batches", "List files", "Those of the key's team.").Produces<PageOf<FileObject>>().ProducesOpenAiErrors(400, 401);
        v1.MapGet("/files/{id}", FileEndpoints.FindAsync).Describe("Batches", "One file", "Its size and purpose.").Produces<FileObject>().ProducesOpenAiErrors(401, 404);
        v1.MapGet("/files/{id}/content", FileEndpoints.ContentAsync).Describe("Batches", "A file's content", "As it was sent, or as a batch wrote it: one result as JSON on each line.")
            .Produces<Stream>(200, "application/octet-stream").ProducesOpenAiErrors(401, 404);
        v1.MapDelete("/files/{id}", FileEndpoints.DeleteAsync).Describe("Batches", "Delete a file", "Not while a batch answers it.").Produces<DeletedObject>().ProducesOpenAiErrors(401, 404, 409);
        computing.MapPost("/batches", BatchEndpoints.PostAsync).Describe("Batches", "Begin a batch", "Answers the lines of a file behind all requests that somebody waits for. Each line is billed as the same request would be that comes alone.")
            .Accepts<BatchBody>("application/json").Produces<BatchObject>().ProducesOpenAiErrors(400, 401, 404, 409, 422, 429);
        v1.MapGet("/batches", BatchEndpoints.ListAsync).Describe("Batches", "List batches", "Those of the key's team, newest first.").Produces<PageOf<BatchObject>>().ProducesOpenAiErrors(400, 401);
        v1.MapGet("/batches/{id}", BatchEndpoints.FindAsync).Describe("Batches", "One batch", "Its status, its counts, and its files once it has ended.").Produces<BatchObject>().ProducesOpenAiErrors(401, 404);
        v1.MapPost("/batches/{id}/cancel", BatchEndpoints.CancelAsync).Describe("Batches", "Cancel a batch", "What was answered until then stays and is in its file.").Produces<BatchObject>().ProducesOpenAiErrors(401, 404, 409);
    }
}
