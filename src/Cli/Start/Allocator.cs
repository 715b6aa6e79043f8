namespace Platform.Cli.Start;

/// <summary>
/// A faster memory allocator for training, where the machine has it: glibc gives large buffers back to the system after every tensor operation and
/// asks for them again, tcmalloc keeps them (docs/experiments.md).
/// </summary>
internal static class Allocator
{
    public const string Variable = "LD_PRELOAD";
    private const string Library = "libtcmalloc_minimal.so.4";

    private static readonly string[] Folders =
        ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"];

    /// <summary>Where the library lies, or null: then the process runs with the system's allocator.</summary>
    public static string? Find() => Find(OperatingSystem.IsLinux() ? Folders : []);

    internal static string? Find(IEnumerable<string> folders) => folders.Select(folder => Path.Combine(folder, Library)).FirstOrDefault(File.Exists);

    /// <summary>Adds it to a host's environment, unless that preloads something already.</summary>
    /// <param name="environment">The variables that the host will see.</param>
    /// <param name="library">What <see cref="Find()"/> found.</param>
    public static void Use(IDictionary<string, string?> environment, string? library)
    {
        if (library is not null && !environment.ContainsKey(Variable))
            environment[Variable] = library;
    }
}
