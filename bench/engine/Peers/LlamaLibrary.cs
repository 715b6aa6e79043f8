using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace Platform.EngineBench.Peers;

/// <summary>llama.cpp's C interface.</summary>
internal static unsafe partial class LlamaLibrary
{
    private const string Llama = "llama";
    private const string Ggml = "ggml";
    private const string Base = "ggml-base";

    private static string? _folder;
    private static nint _backend;

    /// <summary>Loads the libraries and the processor's best variant of the CPU backend.</summary>
    /// <param name="folder">Folder of the libraries.</param>
    /// <exception cref="NotSupportedException">It is another version than this was written for.</exception>
    public static void Load(string folder)
    {
        if (_folder is not null)
            return;
        _folder = folder;
        NativeLibrary.SetDllImportResolver(typeof(LlamaLibrary).Assembly, (name, _, _) =>
            name is Llama or Ggml or Base ? NativeLibrary.Load(Directory.GetFiles(folder, $"lib{name}.*so").Single()) : 0);
        SetLog(&Ignore, null);
        LoadBackends(folder);
        Initialize();
        if (!DefaultContext().HasKnownLayout)
            throw new NotSupportedException($"{folder}: llama_context_params of this version of llama.cpp has another layout than LlamaContextParameters.cs.");
    }

    /// <summary>Makes threads that a context keeps, instead of starting some for each pass.</summary>
    public static nint NewThreadpool(int threads)
    {
        var parameters = default(GgmlThreadpoolParameters);
        SetThreadpoolDefaults(&parameters, threads);
        return ((delegate* unmanaged<GgmlThreadpoolParameters*, nint>)Backend("ggml_threadpool_new"))(&parameters);
    }

    public static void FreeThreadpool(nint pool) => ((delegate* unmanaged<nint, void>)Backend("ggml_threadpool_free"))(pool);

    /// <summary>Sends the threads to sleep; the next pass wakes them.</summary>
    public static void PauseThreadpool(nint pool) => ((delegate* unmanaged<nint, void>)Backend("ggml_threadpool_pause"))(pool);

    public static void ResumeThreadpool(nint pool) => ((delegate* unmanaged<nint, void>)Backend("ggml_threadpool_resume"))(pool);

    [LibraryImport(Llama, EntryPoint = "llama_model_default_params")]
    public static partial LlamaModelParameters DefaultModel();

    [LibraryImport(Llama, EntryPoint = "llama_context_default_params")]
    public static partial LlamaContextParameters DefaultContext();

    [LibraryImport(Llama, EntryPoint = "llama_model_load_from_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint LoadModel(string path, LlamaModelParameters parameters);

    [LibraryImport(Llama, EntryPoint = "llama_model_free")]
    public static partial void FreeModel(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_init_from_model")]
    public static partial nint NewContext(nint model, LlamaContextParameters parameters);

    [LibraryImport(Llama, EntryPoint = "llama_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Llama, EntryPoint = "llama_set_n_threads")]
    public static partial void SetThreads(nint context, int threads, int batchThreads);

    [LibraryImport(Llama, EntryPoint = "llama_attach_threadpool")]
    public static partial void AttachThreadpool(nint context, nint pool, nint batchPool);

    [LibraryImport(Llama, EntryPoint = "llama_decode")]
    public static partial int Decode(nint context, LlamaBatch batch);

    [LibraryImport(Llama, EntryPoint = "llama_get_logits_ith")]
    public static partial float* Logits(nint context, int index);

    [LibraryImport(Llama, EntryPoint = "llama_get_memory")]
    public static partial nint Memory(nint context);

    [LibraryImport(Llama, EntryPoint = "llama_memory_clear")]
    public static partial void ClearMemory(nint memory, byte data);

    [LibraryImport(Llama, EntryPoint = "llama_memory_seq_cp")]
    public static partial void CopySequence(nint memory, int from, int to, int first, int end);

    [LibraryImport(Llama, EntryPoint = "llama_memory_seq_rm")]
    public static partial byte RemoveFromSequence(nint memory, int sequence, int first, int end);

    [LibraryImport(Llama, EntryPoint = "llama_print_system_info")]
    private static partial byte* SystemInfo();

    [LibraryImport(Llama, EntryPoint = "llama_version")]
    private static partial byte* VersionText();

    [LibraryImport(Llama, EntryPoint = "llama_backend_init")]
    private static partial void Initialize();

    [LibraryImport(Llama, EntryPoint = "llama_log_set")]
    private static partial void SetLog(delegate* unmanaged<int, byte*, void*, void> log, void* data);

    [LibraryImport(Ggml, EntryPoint = "ggml_backend_load_all_from_path", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void LoadBackends(string folder);

    [LibraryImport(Base, EntryPoint = "ggml_threadpool_params_init")]
    private static partial void SetThreadpoolDefaults(GgmlThreadpoolParameters* parameters, int threads);

    /// <summary>Instruction sets in use and the library's version.</summary>
    public static string Describe() => $"llama.cpp {Utf8StringMarshaller.ConvertToManaged(VersionText())}: {Utf8StringMarshaller.ConvertToManaged(SystemInfo())}";

    // The loader chose one of several libraries by the processor's instruction sets.
    private static nint Backend(string function)
    {
        if (_backend == 0)
        {
            var path = File.ReadLines("/proc/self/maps").Select(line => line[(line.LastIndexOf(' ') + 1)..]).First(path => Path.GetFileName(path).StartsWith("libggml-cpu-", StringComparison.Ordinal));
            _backend = NativeLibrary.Load(path);
        }

        return NativeLibrary.GetExport(_backend, function);
    }

    [UnmanagedCallersOnly]
    private static void Ignore(int level, byte* text, void* data)
    {
    }
}
