using System.Globalization;
using System.Text.RegularExpressions;

namespace Platform.Engine.Native;

/// <summary>
/// Whether another libtorch has everything that TorchSharp's native library calls. The loader would find out too, but by ending the process at the
/// first call of a missing function.
/// </summary>
internal static partial class TorchLibraryCheck
{
    private const string TorchSharpLibrary = "libLibTorchSharp.so";
    private const string FittingVersion = "2.10"; // of libtorch; TorchSharp 0.107 was built for it

    /// <summary>TorchSharp's native library as the build left it; null when it is not beside the program.</summary>
    public static string? FindTorchSharp() => new[] { Path.Combine("runtimes", "linux-x64", "native"), "" }
        .Select(folder => Path.Combine(AppContext.BaseDirectory, folder, TorchSharpLibrary)).FirstOrDefault(File.Exists);

    /// <summary>Functions of libtorch that are called and not there.</summary>
    /// <param name="torchSharp">TorchSharp's native library.</param>
    /// <param name="libraries">The libraries of a libtorch.</param>
    /// <returns>How many are called, and the names of those that are missing, as the compiler spells them.</returns>
    /// <exception cref="InvalidDataException">One of the files is no shared library.</exception>
    public static (int Called, IReadOnlyList<string> Missing) Compare(string torchSharp, IEnumerable<string> libraries)
    {
        var called = ElfSymbols.Read(torchSharp, defined: false).Where(name => TorchName().IsMatch(name)).ToHashSet(StringComparer.Ordinal);
        var missing = new HashSet<string>(called, StringComparer.Ordinal);
        foreach (var library in libraries)
            missing.ExceptWith(ElfSymbols.Read(library, defined: true));
        return (called.Count, [.. missing.Order(StringComparer.Ordinal)]);
    }

    /// <summary>Refuses a libtorch that does not fit.</summary>
    /// <param name="torchSharp">TorchSharp's native library.</param>
    /// <param name="folder">The folder that the user named.</param>
    /// <param name="libraries">Its libraries.</param>
    /// <exception cref="InvalidOperationException">Functions are missing; the message names some, and what would fit.</exception>
    public static void Refuse(string torchSharp, string folder, IEnumerable<string> libraries)
    {
        var (called, missing) = Compare(torchSharp, libraries);
        if (missing.Count == 0)
            return;
        var some = string.Join(", ", missing.Select(Readable).Distinct().Take(3));
        throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture,
            $"{TorchRuntime.LibraryFolderVariable}={folder}: this libtorch does not fit TorchSharp's native library; {missing.Count:N0} of the {called:N0} functions that it calls are missing, such as {some}. Name the folder of a libtorch {FittingVersion}, for instance torch/lib of PyTorch {FittingVersion}, or unset the variable to use the packaged one."));
    }

    /// <summary>The nested name of a mangled symbol, such as at::_ops::add_Tensor::call; its types are left out.</summary>
    internal static string Readable(string symbol)
    {
        var start = NameStart().Match(symbol);
        var parts = new List<string>();
        for (var at = start.Length; at < symbol.Length && char.IsAsciiDigit(symbol[at]);)
        {
            var digits = symbol.AsSpan(at).IndexOfAnyExceptInRange('0', '9');
            var length = int.Parse(symbol.AsSpan(at, digits), CultureInfo.InvariantCulture);
            if (at + digits + length > symbol.Length)
                break;
            parts.Add(symbol.Substring(at + digits, length));
            at += digits + length;
        }

        return parts.Count > 0 ? string.Join("::", parts) : symbol;
    }

    // Names within the namespaces at, c10 and torch: functions, type information, tables of virtual functions.
    [GeneratedRegex("^_Z(T[IVS])?N?K?(2at|3c10|5torch)[0-9]")]
    private static partial Regex TorchName();

    [GeneratedRegex("^_Z(T[IVS])?N?K?")]
    private static partial Regex NameStart();
}
