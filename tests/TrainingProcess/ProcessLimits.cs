using System.Globalization;
using System.Runtime.InteropServices;

namespace Platform.Engine.Tests;

/// <summary>What the system gives this process, lowered and raised again while it runs (setrlimit; Linux).</summary>
internal static partial class ProcessLimits
{
    private const int FileSize = 1; // RLIMIT_FSIZE
    private const int AddressSpace = 9; // RLIMIT_AS
    private const PosixSignal FileTooLarge = (PosixSignal)25; // SIGXFSZ

    private static PosixSignalRegistration? ignored;

    /// <summary>Every file that grows beyond <paramref name="bytes"/> fails to be written, as on a full disk.</summary>
    public static void LimitFiles(ulong bytes)
    {
        // Without this the system ends the process instead of failing the write.
        ignored ??= PosixSignalRegistration.Create(FileTooLarge, context => context.Cancel = true);
        Set(FileSize, bytes);
    }

    public static void FreeFiles() => Set(FileSize, null);

    /// <summary>From now on only <paramref name="bytes"/> more can be allocated.</summary>
    public static void LimitMemory(ulong bytes)
    {
        var line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("VmSize:", StringComparison.Ordinal));
        var used = 1024 * ulong.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        Set(AddressSpace, used + bytes);
    }

    /// <param name="bytes">Null for as much as there is.</param>
    private static void Set(int resource, ulong? bytes)
    {
        if (Get(resource, out var limits) != 0)
            throw new InvalidOperationException($"getrlimit {resource}: {Marshal.GetLastPInvokeErrorMessage()}");
        limits.Soft = bytes ?? limits.Hard;
        if (Put(resource, limits) != 0)
            throw new InvalidOperationException($"setrlimit {resource}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int Get(int resource, out Limits limits);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int Put(int resource, in Limits limits);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limits
    {
        public ulong Soft;
        public ulong Hard;
    }
}
