using Microsoft.Extensions.Options;
using Platform.Api.Keys;
using Platform.Api.Problems;
using Platform.Api.Setup;
using Platform.Domain.Idempotency;
using Platform.Domain.Results;

namespace Platform.Api.Idempotency;

/// <summary>
/// A request with an <c>Idempotency-Key</c> is computed and billed once: sent again with the same API key and body, it gets the stored
/// answer, also after a restart, and waits for the first one while that is computed. Only answers (2xx) are remembered; what was refused
/// or failed may be tried again. A streamed answer is remembered as a whole and comes again at once.
/// </summary>
internal sealed class IdempotentCalls(IdempotentRequests requests, RunningAnswers running, IOptions<ApiOptions> options, TimeProvider clock)
{
    public const string Header = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotent-Replayed";

    private const int LongestName = 255;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Whether the caller named the request.</summary>
    public static bool IsNamed(HttpRequest request) => request.Headers.ContainsKey(Header);

    /// <param name="hash">Of everything that makes the request what it is: another one under the same name is refused.</param>
    /// <param name="compute">Called only when this request was not answered before and nobody is at it.</param>
    public async Task<object?> RunAsync(HttpContext http, byte[] hash, Func<ValueTask<object?>> compute)
    {
        var values = http.Request.Headers[Header];
        if (values.Count != 1 || values[0] is not { Length: > 0 and <= LongestName } name || name.Any(letter => letter is <= ' ' or > '~'))
            return new Problem(IdempotencyErrors.KeyInvalid());
        var found = await BeginAsync(http, name, hash);
        return found.State switch
        {
            IdempotencyState.Mine => await AnswerAsync(http, compute, found.Request),
            IdempotencyState.Answered => Replay(http, found.Request),
            IdempotencyState.Different => new Problem(IdempotencyErrors.Different(name)),
            _ => new Problem(IdempotencyErrors.StillRunning()),
        };
    }

    /// <summary>Begins the request, or waits for who did.</summary>
    private async Task<IdempotencyLookup> BeginAsync(HttpContext http, string name, byte[] hash)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            var now = clock.GetUtcNow();
            var found = await requests.BeginAsync(
                new IdempotentRequest
                {
                    KeyId = http.Key().KeyId,
                    Name = name,
                    ContentHash = hash,
                    RequestId = http.RequestId(),
                    StartedAt = now,
                    Owner = running.Owner,
                    LeasedUntil = now + IdempotentRequests.Lease,
                },
                http.RequestAborted);
            // What this process computes is under way, whatever a clock that was set says of its lease.
            if (found.State == IdempotencyState.Mine && running.Find(found.Request.Id) is not null)
                found = found with { State = IdempotencyState.Running };
            if (found.State != IdempotencyState.Running || clock.GetElapsedTime(started) > options.Value.RequestTimeout)
                return found;
            var look = Task.Delay(LookEvery, clock, http.RequestAborted);
            await Task.WhenAny(running.Find(found.Request.Id) ?? look, look);
            http.RequestAborted.ThrowIfCancellationRequested();
        }
    }

    private async Task<object?> AnswerAsync(HttpContext http, Func<ValueTask<object?>> compute, IdempotentRequest request)
    {
        var client = http.Response.Body;
        var copy = new AnswerCopy(http.Response, options.Value.MaxIdempotentBytes);
        running.Add(request.Id);
        var isKept = false;
        try
        {
            http.UseRequestId(request.RequestId);
            http.Response.Body = copy;

            // Who goes away gets the answer when it comes back: it is computed to its end, and paid for once.
            http.RequestAborted = CancellationToken.None;
            var answer = await compute();
            await (answer as IResult ?? Results.Ok(answer)).ExecuteAsync(http);
            isKept = http.Response.StatusCode is >= 200 and < 300;
            if (isKept)
                await requests.CompleteAsync(request.Id, http.Response.StatusCode, http.Response.ContentType, copy.IsTooLarge ? null : copy.Content, CancellationToken.None);
        }
        finally
        {
            http.Response.Body = client;
            if (!isKept)
                await requests.ForgetAsync(request.Id, CancellationToken.None);
            running.Remove(request.Id);
        }

        if (!copy.IsSent)
        {
            http.Response.ContentLength = copy.Content.Length;
            await client.WriteAsync(copy.Content, CancellationToken.None);
        }

        return Results.Empty;
    }

    private static IResult Replay(HttpContext http, IdempotentRequest request)
    {
        http.UseRequestId(request.RequestId);
        if (request.Body is not { } body)
            return new Problem(IdempotencyErrors.TooLarge(request.RequestId));
        http.Response.Headers[ReplayedHeader] = "true";
        http.Response.StatusCode = request.Status!.Value;
        return Results.Bytes(body, request.ContentType);
    }
}
