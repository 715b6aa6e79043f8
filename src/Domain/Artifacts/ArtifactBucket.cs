using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Platform.Domain.Results;

namespace Platform.Domain.Artifacts;

/// <summary>An object of the bucket.</summary>
internal sealed record BucketObject(string Key, long SizeBytes, DateTimeOffset WrittenAt);

/// <summary>
/// Artifacts as objects of an S3-compatible store: the files under the artifact's path, and <c>path.json</c>, the manifest, which is
/// written last. Only what has its manifest is there.
/// </summary>
internal sealed class ArtifactBucket : IDisposable
{
    private const string ManifestSuffix = ".json";

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.5);

    private readonly ArtifactOptions options;
    private readonly AmazonS3Client client;
    private readonly ArtifactUpload upload;

    /// <param name="options">Checked before.</param>
    /// <param name="partsFolder">Remembers which parts of a large file are sent.</param>
    public ArtifactBucket(ArtifactOptions options, string partsFolder)
    {
        this.options = options;
        client = Connect(options);
        upload = new ArtifactUpload(client, options, partsFolder);
    }

    public void Dispose() => client.Dispose();

    /// <summary>Does something with the bucket and says in words what kept it from being done. Goes on trying for a while when there is no answer.</summary>
    public async Task<Result<T>> TryAsync<T>(Func<Task<Result<T>>> ask, CancellationToken cancellationToken)
    {
        var patience = TimeSpan.FromSeconds(options.RetrySeconds);
        for (var wait = FirstWait; ; wait *= 2)
        {
            Error error;
            try
            {
                return await ask();
            }
            catch (Exception exception) when (BucketErrors.Of(exception, options, cancellationToken) is { } known)
            {
                error = known;
            }

            if (error.Code != BucketErrors.UnreachableCode || patience <= TimeSpan.Zero)
                return error;
            patience -= wait;
            await Task.Delay(wait, cancellationToken);
        }
    }

    /// <returns>Null when the artifact is not there, or not whole yet.</returns>
    public async Task<Result<ArtifactManifest?>> ManifestAsync(string artifactPath, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.GetObjectAsync(options.Bucket, ManifestKey(artifactPath), cancellationToken);
            using var reader = new StreamReader(response.ResponseStream);
            var json = await reader.ReadToEndAsync(cancellationToken);
            return ArtifactManifest.Parse(json, artifactPath[(artifactPath.LastIndexOf('/') + 1)..]) is { } manifest
                ? manifest
                : BucketErrors.Damaged(artifactPath, "its manifest does not belong to it");
        }
        catch (AmazonS3Exception exception) when (exception.ErrorCode == "NoSuchKey")
        {
            return Result.Success<ArtifactManifest?>(null);
        }
    }

    /// <summary>Sends the files that are not there yet, then the manifest.</summary>
    public async Task SendAsync(string artifactPath, string folder, ArtifactManifest manifest, CancellationToken cancellationToken)
    {
        var prefix = Key(artifactPath) + "/";
        Dictionary<string, long> there = new(StringComparer.Ordinal);
        await foreach (var found in ListAsync(prefix, cancellationToken))
            there[found.Key[prefix.Length..]] = found.SizeBytes;
        foreach (var file in manifest.Files)
            if (!there.TryGetValue(file.Name, out var size) || size != file.SizeBytes)
                await upload.SendAsync(prefix + file.Name, Path.Combine(folder, file.Name), file, cancellationToken);

        // Also when it is there already: its age says since when nobody has added the artifact.
        await client.PutObjectAsync(
            new PutObjectRequest { BucketName = options.Bucket, Key = ManifestKey(artifactPath), ContentBody = manifest.ToJson(), ContentType = "application/json", UseChunkEncoding = false }, cancellationToken);
    }

    /// <summary>Appends what is missing of a file.</summary>
    public async Task ReceiveAsync(string artifactPath, ArtifactFile file, FileStream target, CancellationToken cancellationToken)
    {
        if (target.Length > file.SizeBytes)
            target.SetLength(0);
        if (target.Length == file.SizeBytes)
            return;
        var request = new GetObjectRequest { BucketName = options.Bucket, Key = $"{Key(artifactPath)}/{file.Name}" };
        if (target.Length > 0)
            request.ByteRange = new ByteRange(target.Length, file.SizeBytes - 1);
        using var response = await client.GetObjectAsync(request, cancellationToken);
        target.Position = response.HttpStatusCode == HttpStatusCode.PartialContent ? target.Length : 0;
        target.SetLength(target.Position);
        try
        {
            await response.ResponseStream.CopyToAsync(target, cancellationToken);
        }
        catch (AmazonClientException)
        {
            // The SDK has compared the MD5 that some servers send. Whether the file is right, and what is wrong with it, the manifest says.
        }
    }

    public async IAsyncEnumerable<BucketObject> ListAsync(string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = options.Bucket, Prefix = prefix };
        ListObjectsV2Response page;
        do
        {
            page = await client.ListObjectsV2Async(request, cancellationToken);
            foreach (var found in page.S3Objects ?? [])
                yield return new BucketObject(found.Key, found.Size ?? 0, new DateTimeOffset((found.LastModified ?? DateTime.MaxValue).ToUniversalTime()));
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
    }

    /// <summary>All artifacts that have any object here, with when the last of these was written.</summary>
    public async Task<IReadOnlyDictionary<string, DateTimeOffset>> ArtifactsAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, DateTimeOffset> artifacts = new(StringComparer.Ordinal);
        await foreach (var found in ListAsync(options.KeyPrefix, cancellationToken))
            if (ArtifactFolders.PathIn(found.Key[options.KeyPrefix.Length..]) is { } path && (!artifacts.TryGetValue(path, out var before) || before < found.WrittenAt))
                artifacts[path] = found.WrittenAt;
        return artifacts;
    }

    /// <summary>The manifest goes first, so that what dies in between leaves no artifact that lacks files.</summary>
    /// <returns>Whether it went; not when somebody has added it again meanwhile.</returns>
    public async Task<bool> RemoveAsync(string artifactPath, DateTimeOffset writtenBefore, CancellationToken cancellationToken)
    {
        List<BucketObject> objects = [];
        await foreach (var found in ListAsync(Key(artifactPath), cancellationToken))
            if (ArtifactFolders.PathIn(found.Key[options.KeyPrefix.Length..]) == artifactPath)
                objects.Add(found);
        if (objects.Any(found => found.WrittenAt >= writtenBefore))
            return false;
        foreach (var found in objects.OrderByDescending(found => found.Key == ManifestKey(artifactPath)))
            await client.DeleteObjectAsync(options.Bucket, found.Key, cancellationToken);
        return true;
    }

    private string Key(string artifactPath) => options.KeyPrefix + artifactPath;

    private string ManifestKey(string artifactPath) => Key(artifactPath) + ManifestSuffix;

    private static AmazonS3Client Connect(ArtifactOptions options)
    {
        // Checksums in trailers and chunked signatures are Amazon's alone; every part is signed with its own SHA-256 all the same.
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.PathStyle ?? !string.IsNullOrWhiteSpace(options.Endpoint),
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            MaxErrorRetry = 1,
        };
        if (string.IsNullOrWhiteSpace(options.Endpoint))
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        else
        {
            config.ServiceURL = options.Endpoint;
            config.AuthenticationRegion = string.IsNullOrWhiteSpace(options.Region) ? "us-east-1" : options.Region;
        }

        return string.IsNullOrWhiteSpace(options.AccessKey)
            ? new AmazonS3Client(config)
            : new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), config);
    }
}
