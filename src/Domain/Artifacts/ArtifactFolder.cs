namespace Platform.Domain.Artifacts;

/// <summary>An artifact's files on this host. They stay there as long as this is held.</summary>
public sealed class ArtifactFolder : IDisposable
{
    private readonly FileStream? held;

    internal ArtifactFolder(string path, FileStream? held)
    {
        Path = path;
        this.held = held;
    }

    public string Path { get; }

    public void Dispose() => held?.Dispose();
}
