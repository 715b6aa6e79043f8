namespace Platform.Domain.Setup;

public sealed record PlatformOptions
{
    public const string Section = "Platform";

    /// <summary>Holds platform.db, artifacts/ and keys/. Empty: <c>data</c> next to the solution, or in the current folder.</summary>
    public string? DataPath { get; init; }

    /// <summary>The embedded base model. Empty: <c>models/base</c> next to the solution, or in the current folder.</summary>
    public string? BaseModelPath { get; init; }

    /// <summary>A longer line of an upload is refused while it streams in (bytes).</summary>
    public int MaxLineBytes { get; init; } = 1024 * 1024;

    /// <summary>Rows that one split may have.</summary>
    public long MaxRows { get; init; } = 2_000_000;

    /// <summary>Size that one uploaded file may have (bytes).</summary>
    public long MaxFileBytes { get; init; } = 8L * 1024 * 1024 * 1024;

    public string DataFolder => Path.GetFullPath(string.IsNullOrWhiteSpace(DataPath) ? Path.Combine(Home, "data") : DataPath);

    public string BaseModelFolder => Path.GetFullPath(string.IsNullOrWhiteSpace(BaseModelPath) ? Path.Combine(Home, "models", "base") : BaseModelPath);

    public string ArtifactsFolder => Path.Combine(DataFolder, "artifacts");

    /// <summary>ASP.NET Core's data protection keys.</summary>
    public string KeysFolder => Path.Combine(DataFolder, "keys");

    /// <summary>The clone's root when run from one, else the current folder.</summary>
    private static string Home
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
                    return folder.FullName;
            return Environment.CurrentDirectory;
        }
    }
}
