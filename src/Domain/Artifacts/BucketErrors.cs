using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.S3;
using Platform.Domain.Results;

namespace Platform.Domain.Artifacts;

/// <summary>What an S3-compatible store may answer instead of doing what it was asked, and how to mend it.</summary>
internal static class BucketErrors
{
    public const string UnreachableCode = "store_unreachable";

    /// <returns>Null for what is not the store's doing: a full disk, a bug, a caller that goes away.</returns>
    public static Error? Of(Exception exception, ArtifactOptions options, CancellationToken cancellationToken) => exception switch
    {
        _ when cancellationToken.IsCancellationRequested || StorageErrors.IsDiskFull(exception) => null,
        AmazonS3Exception { ErrorCode: "NoSuchBucket" } => Error.Storage(
            "store_bucket_missing", $"The artifact store {options.Place} has no bucket '{options.Bucket}'. Create it, or set Artifacts__Bucket to the one that holds the artifacts."),
        AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } denied => Denied(options, denied.ErrorCode),
        AmazonS3Exception refused when (int)refused.StatusCode is >= 400 and < 500 and not (408 or 429) => Error.Storage(
            "store_refused", $"The artifact store {options.Place} refused a request for the bucket '{options.Bucket}': {refused.Message} ({refused.ErrorCode}). Check Artifacts__Endpoint, Artifacts__Region and Artifacts__PathStyle."),
        AmazonServiceException or HttpRequestException or HttpIOException or TaskCanceledException or TimeoutException => Unreachable(options, exception),
        IOException { InnerException: SocketException or HttpIOException } => Unreachable(options, exception),
        AmazonClientException { InnerException: { } inner } when Of(inner, options, cancellationToken) is { } known => known,
        AmazonClientException => Denied(options, "no credentials were found"),
        _ => null,
    };

    public static Error Damaged(string artifactPath, string what) => Error.Storage(
        StorageErrors.DamagedCode, $"The artifact '{artifactPath}' is damaged in the artifact store: {what}. Restore the object from a backup, or delete the artifact's objects there and run 'platform artifacts push' on a host that still has it.");

    private static Error Denied(ArtifactOptions options, string? reason) => Error.Storage(
        "store_denied",
        $"The artifact store {options.Place} does not give access to the bucket '{options.Bucket}' ({reason}). Check Artifacts__AccessKey and Artifacts__SecretKey, or the machine's own credentials where these are empty, and that they may read, write, list and delete in it.");

    private static Error Unreachable(ArtifactOptions options, Exception exception) => Error.Storage(
        UnreachableCode,
        $"The artifact store {options.Place} does not answer ({exception.GetBaseException().Message}). Check that it runs and that Artifacts__Endpoint is right, then try again; what was sent so far is kept.") with { RetryAfterSeconds = 10 };
}
