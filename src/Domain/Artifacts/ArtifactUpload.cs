using System.Security.Cryptography;
using System.Text;
using Amazon.S3;
using Amazon.S3.Model;

namespace Platform.Domain.Artifacts;

/// <summary>
/// Sends a file to a bucket. A large one goes in parts straight from the disk, several at once; those that have arrived are noted beside
/// the artifacts, so that whoever takes up a broken-off upload on this host sends only the others.
/// </summary>
internal sealed class ArtifactUpload(AmazonS3Client client, ArtifactOptions options, string partsFolder)
{
    private const int PartsAtOnce = 4;

    /// <summary>What S3 allows for one object.</summary>
    private const int MostParts = 10_000;

    private const long Megabyte = 1 << 20;

    public async Task SendAsync(string key, string path, ArtifactFile file, CancellationToken cancellationToken)
    {
        var partBytes = Math.Max(options.PartMegabytes, (file.SizeBytes / MostParts / Megabyte) + 1) * Megabyte;
        if (file.SizeBytes <= partBytes)
        {
            await client.PutObjectAsync(new PutObjectRequest { BucketName = options.Bucket, Key = key, FilePath = path, UseChunkEncoding = false }, cancellationToken);
            return;
        }

        using var sent = await SentParts.OpenAsync(RecordOf(key, file), partBytes, cancellationToken);
        var isResumed = sent.UploadId is not null;
        try
        {
            await SendPartsAsync(key, path, file, sent, partBytes, cancellationToken);
        }
        catch (AmazonS3Exception exception) when (isResumed && exception.ErrorCode is "NoSuchUpload" or "InvalidPart" or "InvalidPartOrder")
        {
            // The store has given it up meanwhile.
            sent.Forget();
            await SendPartsAsync(key, path, file, sent, partBytes, cancellationToken);
        }
    }

    private async Task SendPartsAsync(string key, string path, ArtifactFile file, SentParts sent, long partBytes, CancellationToken cancellationToken)
    {
        if (sent.UploadId is null)
        {
            var begun = await client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = options.Bucket, Key = key }, cancellationToken);
            await sent.BeginAsync(begun.UploadId, cancellationToken);
        }

        var numbers = Enumerable.Range(1, (int)((file.SizeBytes + partBytes - 1) / partBytes)).ToList();
        await Parallel.ForEachAsync(
            numbers.Where(number => !sent.ETags.ContainsKey(number)),
            new ParallelOptions { MaxDegreeOfParallelism = PartsAtOnce, CancellationToken = cancellationToken },
            async (number, stop) =>
            {
                var from = (number - 1) * partBytes;
                var part = await client.UploadPartAsync(
                    new UploadPartRequest
                    {
                        BucketName = options.Bucket,
                        Key = key,
                        UploadId = sent.UploadId,
                        PartNumber = number,
                        FilePath = path,
                        FilePosition = from,
                        PartSize = Math.Min(partBytes, file.SizeBytes - from),
                        UseChunkEncoding = false,
                    },
                    stop);
                await sent.AddAsync(number, part.ETag, stop);
            });
        await client.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest
            {
                BucketName = options.Bucket,
                Key = key,
                UploadId = sent.UploadId,
                PartETags = [.. numbers.Select(number => new PartETag(number, sent.ETags[number]))],
            },
            cancellationToken);
        sent.Forget();
    }

    /// <summary>Where the parts of this very content, for this very place, are noted.</summary>
    private string RecordOf(string key, ArtifactFile file)
    {
        var name = SHA256.HashData(Encoding.UTF8.GetBytes($"{options.Bucket}\n{key}\n{file.Sha256}"));
        return Path.Combine(partsFolder, Convert.ToHexStringLower(name)[..32] + ".parts");
    }
}
