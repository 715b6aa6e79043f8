namespace Platform.Api.Deployments;

/// <summary>
/// The files that a model was loaded from, as they were then. Once it is in memory they are not needed any more, so nobody would notice that
/// they are gone until the next start.
/// </summary>
internal sealed class ArtifactFiles
{
    private readonly string folder;
    private readonly Dictionary<string, (long Length, DateTime Written)> files;

    private ArtifactFiles(string folder, Dictionary<string, (long Length, DateTime Written)> files) => (this.folder, this.files) = (folder, files);

    public static ArtifactFiles Of(string folder) => new(folder, Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(path => Path.GetRelativePath(folder, path), path => (new FileInfo(path).Length, File.GetLastWriteTimeUtc(path)), StringComparer.Ordinal));

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
