using System.Text;

namespace Platform.NativeTorch;

/// <summary>What this system's libstdc++ offers.</summary>
public static class SystemLibstdcxx
{
    private static readonly string[] Folders =
        ["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib"];

    /// <summary>Whether the first libstdc++.so.6 found defines <paramref name="version"/>; false when there is none to read.</summary>
    /// <param name="version">The version's name, for instance <c>GLIBCXX_3.4.32</c>.</param>
    public static bool Defines(string version)
    {
        var path = Folders.Select(folder => Path.Combine(folder, "libstdc++.so.6")).FirstOrDefault(File.Exists);
        return path is not null && File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.ASCII.GetBytes(version + "\0")) >= 0;
    }
}
