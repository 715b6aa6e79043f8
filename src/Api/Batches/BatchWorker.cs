using System.Text.Json;
using Microsoft.Extensions.Options;
using Platform.Api.Setup;
using Platform.Domain.Batches;
using Platform.Domain.Claims;
using Platform.Domain.Keys;
using Platform.Domain.Results;

namespace Platform.Api.Batches;

/// <summary>
/// Answers batches, a few lines at a time. The rows say what is to be done and the files what is done, so after a restart, here or in another
/// replica, it goes on behind the last line that was written.
/// </summary>
internal sealed partial class BatchWorker(
    BatchBook book, FileStore files, WorkClaims claims, ApiKeys keys, BatchAnswers answers, IOptions<ApiOptions> options,
    IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json, TimeProvider clock, ILogger<BatchWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly string owner = WorkClaims.NewOwner("api");
    private readonly SemaphoreSlim woken = new(0, 1);

    /// <summary>Looks at the database at once instead of in a second.</summary>
    public void Wake()
    {
        try
        {
            woken.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is woken already.
        }
    }

    public override void Dispose()
    {
        woken.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<Task> running = [];
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                running.RemoveAll(task => task.IsCompleted);
                await TakeAsync(running, stoppingToken);
                await woken.WaitAsync(Look, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }

        await Task.WhenAll(running);
    }

    private async Task TakeAsync(List<Task> running, CancellationToken stoppingToken)
    {
        try
        {
            await claims.ReleaseDeadAsync<Batch>(stoppingToken);
            foreach (var id in await claims.FindUnclaimedAsync<Batch>(null, stoppingToken))
            {
                if (running.Count >= options.Value.MaxRunningBatches)
                    return;
                if (await claims.TryClaimAsync<Batch>(id, owner, stoppingToken) is { } claim)
                    running.Add(Task.Run(() => WorkAsync(claim, stoppingToken), CancellationToken.None));
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogLookFailed(exception);
        }
    }

    private async Task WorkAsync(Claim claim, CancellationToken stoppingToken)
    {
        try
        {
            await AnswerAsync(claim, stoppingToken);
        }
        catch (Exception exception)
        {
            if (!stoppingToken.IsCancellationRequested)
                LogBatchFailed(exception, claim.EntityId);
            // Whoever looks next goes on behind the last line that was written.
            await claims.ReleaseAsync<Batch>(claim, CancellationToken.None);
        }
    }

    private async Task AnswerAsync(Claim claim, CancellationToken stoppingToken)
    {
        var batch = await book.LoadAsync(claim, stoppingToken);
        var (lines, problems) = await BatchLines.ReadAsync(
            files.PathOf(batch.InputFileId), batch.Endpoint, options.Value.MaxBatchLines, (int)options.Value.MaxBodyBytes, stoppingToken);
        var key = await keys.VerifyByIdAsync(batch.KeyId, stoppingToken);
        if (key.IsFailure)
            problems = [.. key.Errors.Select(error => new BatchProblem(error.Code, error.Message, null, null))];
        if (problems.Count > 0)
        {
            await book.EndAsync(claim, BatchStatus.Failed, problems, [], stoppingToken);
            return;
        }

        var started = await book.StartAsync(claim, lines.Count, stoppingToken);
        if (started.IsFailure)
            return;
        await using var output = await BatchOutput.OpenAsync(files.PathOf(batch.OutputFileId), stoppingToken);
        await using var errors = await BatchOutput.OpenAsync(files.PathOf(batch.ErrorFileId), stoppingToken);
        var status = started.Value.Status == BatchStatus.Cancelling ? BatchStatus.Cancelled
            : await AnswerAsync(claim, started.Value, [.. Left(lines, output, errors)], key.Value, output, errors, stoppingToken);
        if (status is null)
            return;
        if (status == BatchStatus.Expired)
            await ExpireAsync(batch, [.. Left(lines, output, errors)], errors);
        output.FlushToDisk();
        errors.FlushToDisk();
        var counted = await book.CountAsync(claim, output.Count, errors.Count, stoppingToken);
        if (counted is { IsSuccess: true, Value.Status: BatchStatus.Cancelling })
            status = BatchStatus.Cancelled;
        await book.EndAsync(claim, status.Value, [], [.. Written(batch, output, errors)], stoppingToken);
        LogEnded(batch.Id, status.Value, output.Count, errors.Count);
    }

    /// <returns>How it ended; null when another process took over.</returns>
    private async Task<BatchStatus?> AnswerAsync(
        Claim claim, Batch batch, List<BatchLine> lines, VerifiedKey key, BatchOutput output, BatchOutput errors, CancellationToken stoppingToken)
    {
        // When the process stops, lines that are in the engine are still answered: given up half way, they would be on record without an answer.
        using var cancel = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, cancel.Token);
        var work = Parallel.ForEachAsync(
            lines, new ParallelOptions { MaxDegreeOfParallelism = options.Value.MaxBatchConcurrency, CancellationToken = stop.Token },
            async (line, token) => await AnswerAsync(batch, line, key, output, errors, cancel.Token, token));
        BatchStatus? ended = BatchStatus.Completed;
        while (await Task.WhenAny(work, Task.Delay(Look, clock, CancellationToken.None)) != work)
        {
            var counted = await book.CountAsync(claim, output.Count, errors.Count, CancellationToken.None);
            ended = counted.IsFailure ? null
                : counted.Value.Status == BatchStatus.Cancelling ? BatchStatus.Cancelled
                : clock.GetUtcNow() >= batch.ExpiresAt ? BatchStatus.Expired : BatchStatus.Completed;
            if (ended == BatchStatus.Completed)
                continue;
            await cancel.CancelAsync();
            break;
        }

        try
        {
            await work;
            return ended;
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested && ended != BatchStatus.Completed)
        {
            return ended;
        }
    }

    private async Task AnswerAsync(
        Batch batch, BatchLine line, VerifiedKey key, BatchOutput output, BatchOutput errors, CancellationToken cancelled, CancellationToken cancellationToken)
    {
        var bytes = new byte[line.Length];
        await using (var file = new FileStream(files.PathOf(batch.InputFileId), FileMode.Open, FileAccess.Read, FileShare.Read, 1, useAsync: true))
        {
            file.Seek(line.Start, SeekOrigin.Begin);
            await file.ReadExactlyAsync(bytes, cancellationToken);
        }

        using var document = JsonDocument.Parse(bytes);
        var result = await answers.AnswerAsync(batch, line, document.RootElement.GetProperty("body"), key, cancelled, cancellationToken);
        await (result.Response!.StatusCode == 200 ? output : errors).WriteAsync(line.CustomId, Bytes(result));
    }

    private static IEnumerable<BatchLine> Left(List<BatchLine> lines, BatchOutput output, BatchOutput errors) =>
        lines.Where(line => !output.Ids.Contains(line.CustomId) && !errors.Ids.Contains(line.CustomId));

    private async Task ExpireAsync(Batch batch, List<BatchLine> left, BatchOutput errors)
    {
        foreach (var line in left)
            await errors.WriteAsync(line.CustomId, Bytes(new BatchResult(BatchAnswers.RequestId(batch, line.CustomId), line.CustomId, null, new BatchResultError("batch_expired", "The batch's time was over before this line was answered. Send it in a new batch."))));
    }

    private IEnumerable<StoredFile> Written(Batch batch, BatchOutput output, BatchOutput errors)
    {
        if (output.Count > 0)
            yield return File(batch, batch.OutputFileId, "output", output.Length);
        if (errors.Count > 0)
            yield return File(batch, batch.ErrorFileId, "errors", errors.Length);
    }

    private StoredFile File(Batch batch, Guid id, string what, long bytes) => new()
    {
        Id = id,
        TeamId = batch.TeamId,
        KeyId = batch.KeyId,
        Name = $"{BatchIds.Of(BatchIds.Batch, batch.Id)}_{what}.jsonl",
        Purpose = FilePurpose.BatchOutput,
        SizeBytes = bytes,
        CreatedAt = clock.GetUtcNow(),
        ExpiresAt = clock.GetUtcNow() + (batch.OutputExpiresAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : options.Value.FileRetention),
    };

    private byte[] Bytes(BatchResult result) => JsonSerializer.SerializeToUtf8Bytes(result, json.Value.SerializerOptions);
}
