namespace Platform.Domain.Artifacts;

/// <summary>Where artifacts are kept once they are whole.</summary>
public sealed record ArtifactOptions
{
    public const string Section = "Artifacts";

    /// <summary>The folder artifacts/ in the data folder is the store.</summary>
    public const string Folder = "Folder";

    /// <summary>An S3-compatible store is; the folder holds what this host has used lately.</summary>
    public const string S3 = "S3";

    public string Store { get; init; } = Folder;

    /// <summary>Such as https://minio.example.com:9000. Empty: Amazon's own, by the region.</summary>
    public string? Endpoint { get; init; }

    public string? Bucket { get; init; }

    /// <summary>Put before all keys, so that a bucket can be shared. Empty: nothing.</summary>
    public string? Prefix { get; init; }

    public string? Region { get; init; }

    /// <summary>The bucket in the path of each address instead of in its host name. Empty: yes where an endpoint is given.</summary>
    public bool? PathStyle { get; init; }

    /// <summary>Empty, like the secret key: the SDK's own search (environment, profile, the machine's role).</summary>
    public string? AccessKey { get; init; }

    public string? SecretKey { get; init; }

    /// <summary>What the folder of a host may hold before the least recently used goes (MiB).</summary>
    public long CacheMegabytes { get; init; } = 64 * 1024;

    /// <summary>Larger files are sent in parts of this size (MiB).</summary>
    public int PartMegabytes { get; init; } = 16;

    /// <summary>How long to go on trying while the store does not answer (seconds).</summary>
    public int RetrySeconds { get; init; } = 20;

    /// <summary>What nothing refers to is kept this long after it was written, so that nothing goes that is just being added (hours).</summary>
    public int GraceHours { get; init; } = 24;

    public bool IsRemote => Store == S3;

    internal string KeyPrefix => string.IsNullOrWhiteSpace(Prefix) ? "" : Prefix.Trim('/') + "/";

    internal string Place => string.IsNullOrWhiteSpace(Endpoint) ? $"Amazon S3 ({Region})" : Endpoint;

    /// <summary>Options are printed here and there; keys are not.</summary>
    public override string ToString() => IsRemote ? $"{Store} {Place} {Bucket}/{KeyPrefix}" : Store;
}
