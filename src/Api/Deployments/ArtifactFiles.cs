using Platform.Domain.Artifacts;

namespace Platform.Api.Deployments;

/// <summary>
/// The files that a model was loaded from, as they were then. Once it is in memory they are not needed any more, so nobody would notice that
/// they are gone until the next start. They stay on this host as long as the model serves.
/// </summary>
internal sealed class ArtifactFiles : IDisposable
{
    private readonly ArtifactFolder held;
    private readonly string folder;
    private readonly Dictionary<string, (long Length, DateTime Written)> files;

    /// <param name="held">Its own from now on.</param>
    public ArtifactFiles(ArtifactFolder held)
    {
        this.held = held;
        folder = held.Path;
        files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .ToDictionary(path => Path.GetRelativePath(folder, path), path => (new FileInfo(path).Length, File.GetLastWriteTimeUtc(path)), StringComparer.Ordinal);
    }

    public void Dispose() => held.Dispose();

    /// <summary>Looks at the files' names, lengths and times, not at every byte: that happens when it is loaded.</summary>
    /// <returns>The first thing that is not as it was; null when all is.</returns>
    public string? Difference()
    {
        if (!Directory.Exists(folder))
            return "its folder is gone";
        foreach (var (name, known) in files)
        {
            var file = new FileInfo(Path.Combine(folder, name));
            if (!file.Exists)
                return $"{name} is gone";
            if (file.Length != known.Length || file.LastWriteTimeUtc != known.Written)
                return $"{name} was changed";
        }

        return null;
    }
}
