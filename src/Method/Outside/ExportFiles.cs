using System.Security.Cryptography;

namespace Platform.Method.Outside;

/// <summary>The files of an exported run's folder.</summary>
internal static class ExportFiles
{
    private static readonly string[] Scripts = ["train.py", "merge.py", "run.sh", "accelerate.yaml", "requirements.txt", "README.md"];

    /// <summary>What does not depend on the run.</summary>
    public static void WriteScripts(string folder)
    {
        foreach (var name in Scripts)
        {
            using var source = typeof(ExportFiles).Assembly.GetManifestResourceStream($"Trainer/{name}")
                ?? throw new InvalidOperationException($"{name} is not in the assembly.");
            using var target = File.Create(Path.Combine(folder, name));
            source.CopyTo(target);
        }

        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path.Combine(folder, "run.sh"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    /// <summary>Every file below the folder, by its path there.</summary>
    public static async Task<IReadOnlyList<ExportedFile>> ListAsync(string folder, CancellationToken cancellationToken)
    {
        List<ExportedFile> files = [];
        foreach (var path in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            files.Add(await OfAsync(folder, Path.GetRelativePath(folder, path).Replace('\\', '/'), cancellationToken));
        return files;
    }

    /// <summary>Every difference between what the manifest says and what is there, in a sentence each. Files that it does not name may lie beside.</summary>
    public static async Task<IReadOnlyList<string>> ProblemsAsync(string folder, ExportManifest manifest, CancellationToken cancellationToken)
    {
        List<string> problems = [];
        foreach (var file in manifest.Files)
        {
            if (!File.Exists(Path.Combine(folder, file.Path)))
                problems.Add($"{file.Path} is missing. Take the folder as it was exported.");
            else if (await OfAsync(folder, file.Path, cancellationToken) != file)
                problems.Add($"{file.Path} is not as it was exported: its hash is another one than manifest.json names. Take the folder as it was exported, or export again.");
        }

        return problems;
    }

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static async Task<ExportedFile> OfAsync(string folder, string path, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(Path.Combine(folder, path), FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, useAsync: true);
        return new ExportedFile(path, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken)), stream.Length);
    }
}
