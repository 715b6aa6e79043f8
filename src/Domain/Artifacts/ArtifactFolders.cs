using System.Text.RegularExpressions;

namespace Platform.Domain.Artifacts;

/// <summary>The folders of a store on disk: <c>category/hash</c>, and beside them what is on its way in or out.</summary>
internal static partial class ArtifactFolders
{
    public const string Staging = ".staging";

    /// <summary>The paths of all artifacts, as the database keeps them.</summary>
    public static IEnumerable<string> In(string root) => !Directory.Exists(root)
        ? []
        : from category in Directory.GetDirectories(root)
          let name = Path.GetFileName(category)
          where !name.StartsWith('.')
          from artifact in Directory.GetDirectories(category)
          let path = $"{name}/{Path.GetFileName(artifact)}"
          where PathIn(path) == path
          select path;

    /// <returns>The artifact that a name inside a store belongs to; null when it is none of an artifact's.</returns>
    public static string? PathIn(string name) => ArtifactName().Match(name) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>All artifacts that a text speaks of.</summary>
    public static IEnumerable<string> Mentioned(string text) => Mention().Matches(text).Select(match => match.Value);

    /// <summary>All of it goes at once: it is renamed first.</summary>
    public static void Remove(string root, string artifactPath)
    {
        var away = SetAside(root, artifactPath);
        Directory.Delete(away, recursive: true);
    }

    /// <summary>Takes an artifact out of its place.</summary>
    /// <returns>Where it is now; <see cref="ArtifactStore.RemoveAbandoned"/> removes it some day.</returns>
    public static string SetAside(string root, string artifactPath)
    {
        var away = Path.Combine(root, Staging, Guid.CreateVersion7().ToString("N"));
        Directory.CreateDirectory(Path.GetDirectoryName(away)!);
        Directory.Move(Path.Combine(root, artifactPath), away);
        return away;
    }

    [GeneratedRegex(@"^([a-z][a-z-]*/[0-9a-f]{64})(/|\.json$|$)", RegexOptions.CultureInvariant)]
    private static partial Regex ArtifactName();

    [GeneratedRegex("[a-z][a-z-]*/[0-9a-f]{64}", RegexOptions.CultureInvariant)]
    private static partial Regex Mention();

    public static void FlushAll(string folder)
    {
        foreach (var inside in Directory.GetDirectories(folder, "*", SearchOption.AllDirectories))
            DurableFolder.Flush(inside);
        DurableFolder.Flush(folder);
    }
}
