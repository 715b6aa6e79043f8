using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Platform.Domain.Artifacts;

/// <param name="Name">Inside the artifact, with slashes.</param>
/// <param name="Sha256">Lower-case hex.</param>
public sealed record ArtifactFile(string Name, long SizeBytes, string Sha256);

/// <summary>What an artifact is made of. Its own hash over all files is the artifact's name, so a manifest proves itself.</summary>
public sealed record ArtifactManifest(IReadOnlyList<ArtifactFile> Files)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Over the names, sizes and hashes of all files.</summary>
    public string Sha256
    {
        get
        {
            using var total = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var file in Files)
                total.AppendData(Encoding.UTF8.GetBytes($"{file.Name}\n{file.SizeBytes}\n{file.Sha256}\n"));
            return Convert.ToHexStringLower(total.GetHashAndReset());
        }
    }

    public long SizeBytes => Files.Sum(file => file.SizeBytes);

    /// <param name="flush">Whether every file is to be on disk, whatever happens then.</param>
    public static async Task<ArtifactManifest> OfAsync(string folder, bool flush, CancellationToken cancellationToken)
    {
        List<ArtifactFile> found = [];
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => (Full: file, Name: Path.GetRelativePath(folder, file).Replace('\\', '/')))
            .OrderBy(file => file.Name, StringComparer.Ordinal);
        foreach (var (full, name) in files)
            found.Add(await OfFileAsync(full, name, flush, cancellationToken));
        if (flush)
            DurableFolder.Flush(folder);
        return new ArtifactManifest(found);
    }

    public static async Task<ArtifactFile> OfFileAsync(string full, string name, bool flush, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(full, FileMode.Open, flush ? FileAccess.ReadWrite : FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
        if (flush)
            stream.Flush(flushToDisk: true);
        return new ArtifactFile(name, stream.Length, hash);
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <returns>Null when it is not the manifest of the artifact with this hash.</returns>
    public static ArtifactManifest? Parse(string json, string sha256)
    {
        try
        {
            return JsonSerializer.Deserialize<ArtifactManifest>(json, Json) is { Files: not null } read && read.Sha256 == sha256 ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
