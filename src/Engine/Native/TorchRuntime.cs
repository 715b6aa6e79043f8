using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Platform.Engine.Native;

/// <summary>Loading and configuring libtorch.</summary>
public static partial class TorchRuntime
{
    private static readonly string[] LoadOrder =
        ["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"];

    /// <summary>Name of the environment variable with a folder of an installed libtorch (for instance PyTorch's own lib folder) to use instead of the packaged one.</summary>
    public const string LibraryFolderVariable = "PLATFORM_LIBTORCH";

    /// <summary>Loads libtorch and sets its threads; call once at start, before any tensor is made.</summary>
    /// <param name="threads">Threads of one operator; all processors when null.</param>
    /// <exception cref="InvalidOperationException">The folder named by <see cref="LibraryFolderVariable"/> holds no usable libtorch.</exception>
    public static void Initialize(int? threads = null)
    {
        if (Environment.GetEnvironmentVariable(LibraryFolderVariable) is { Length: > 0 } folder)
            Preload(folder);

        torch.set_num_threads(threads ?? Math.Max(1, Environment.ProcessorCount));
    }

    /// <summary>The device that models go to: the first CUDA device when there is one, else the CPU.</summary>
    public static torch.Device DefaultDevice() => torch.cuda_is_available() ? torch.CUDA : torch.CPU;

    // Environment.SetEnvironmentVariable does not reach native libraries.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    /// <summary>
    /// OpenMP's threads spin for a third of a millisecond while they wait, which makes two threads up to ten times slower beside another busy
    /// process. A fifteenth of that costs nothing on a quiet machine and little on a busy one (docs/experiments.md).
    /// </summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "libtorch reads the setting when it is loaded, which any first use of a tensor does.")]
    internal static void LimitSpinning()
    {
        if (OperatingSystem.IsLinux())
            _ = SetEnvironment("GOMP_SPINCOUNT", "20000", overwrite: 0);
    }

    private static void Preload(string folder)
    {
        // Once loaded by path, the loader finds them again by name, so TorchSharp's own look-up gets these.
        if (!File.Exists(Path.Combine(folder, "libtorch_cpu.so")))
            throw new InvalidOperationException($"{LibraryFolderVariable}={folder}: no libtorch_cpu.so there. Name the folder that holds libtorch's shared libraries.");
        string[] libraries = [.. LoadOrder.Select(name => Path.Combine(folder, name)).Where(File.Exists)];
        if (TorchLibraryCheck.FindTorchSharp() is { } torchSharp)
            TorchLibraryCheck.Refuse(torchSharp, folder, libraries);
        foreach (var path in libraries)
        {
            try
            {
                NativeLibrary.Load(path);
            }
            catch (DllNotFoundException e)
            {
                throw new InvalidOperationException($"{LibraryFolderVariable}: {path} does not load: {e.Message}", e);
            }
        }
    }
}
