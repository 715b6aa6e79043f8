using System.Xml.Linq;

namespace Platform.Architecture.Tests;

/// <summary>The clone that the tests were built from: its project files and sources.</summary>
internal static class Solution
{
    private static readonly string[] SourceFolders = ["src", "tests", "migrations", "samples", "build"];

    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<string> Projects(string folder) =>
        [.. Directory.GetFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    /// <summary>Our own C# and Razor files, without what the build or EF Core wrote.</summary>
    public static IEnumerable<string> Sources(params string[] folders) => (folders.Length > 0 ? folders : SourceFolders)
        .Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        .Where(file => Path.GetExtension(file) is ".cs" or ".razor")
        .Where(file => !Relative(file).Split('/').Any(part => part is "bin" or "obj" or "Migrations"));

    public static string Relative(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');

    /// <summary>Project files that this one refers to and compiles against.</summary>
    public static IReadOnlyList<string> References(string project) => [.. XDocument.Load(project).Descendants("ProjectReference")
        .Where(reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false")
        .Select(reference => Relative(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(project)!, (string)reference.Attribute("Include")!))))
        .Order(StringComparer.Ordinal)];

    public static IReadOnlyList<string> Packages(string project) => [.. XDocument.Load(project).Descendants()
        .Where(element => element.Name.LocalName is "PackageReference" or "FrameworkReference")
        .Select(reference => (string)reference.Attribute("Include")!)];

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
                return folder.FullName;
        throw new InvalidOperationException("The tests run from inside a clone: no folder above them holds Platform.sln.");
    }
}
