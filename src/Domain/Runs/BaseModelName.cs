namespace Platform.Domain.Runs;

/// <summary>A base model goes by its folder's name when it lies beside the platform's own one, so that a recipe fits another machine, too.</summary>
public static class BaseModelName
{
    /// <param name="configured">Folder of the platform's own base model.</param>
    public static string Of(string folder, string configured) =>
        Path.IsPathRooted(folder) && string.Equals(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder)), Path.GetDirectoryName(configured), StringComparison.Ordinal)
            ? Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))
            : folder;

    /// <param name="name">A whole path, or the name of a folder beside the platform's own base model; null for that one.</param>
    /// <param name="configured">Folder of the platform's own base model.</param>
    public static string Folder(string? name, string configured)
    {
        if (string.IsNullOrWhiteSpace(name))
            return configured;
        return Path.IsPathRooted(name) ? name : Path.Combine(Path.GetDirectoryName(configured)!, Path.GetFileName(Path.TrimEndingDirectorySeparator(name)));
    }
}
