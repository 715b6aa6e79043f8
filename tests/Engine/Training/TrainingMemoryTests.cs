using System.Globalization;
using System.Runtime.InteropServices;
using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.Training;

/// <summary>The peak that is predicted before a training, against Linux's own figure of the process that did it.</summary>
public sealed class TrainingMemoryTests : IDisposable
{
    private const double Tolerance = 0.2;
    private const int MapThreshold = -3; // M_MMAP_THRESHOLD

    private static readonly ModelConfig LargeVocabulary = TinyModel.Config with
    {
        VocabularySize = 24_000,
        HiddenSize = 384,
        IntermediateSize = 1024,
        Layers = 3,
        QueryHeads = 6,
        KeyValueHeads = 2,
        HeadSize = 64,
        ContextTokens = 256,
        TiedHead = false,
    };

    private static readonly ModelConfig Deep = TinyModel.Config with
    {
        Family = "qwen3",
        VocabularySize = 4000,
        HiddenSize = 256,
        IntermediateSize = 704,
        Layers = 12,
        QueryHeads = 4,
        KeyValueHeads = 4,
        HeadSize = 64,
        ContextTokens = 256,
        QueryKeyNorm = true,
    };

    private static readonly TrainingOptions Options = new() { BatchExamples = 32, MaxTokens = 128, Validations = 1, ValidationRowsMax = 8 };

    private readonly TemporaryFolder _folder = new();

    public TrainingMemoryTests()
    {
        // Where glibc's own allocator is at work (./test and ./run take tcmalloc where it is installed), its heap of freed and half-used blocks can
        // grow to several times what is in use. With a fixed threshold large blocks go back at once, and the figure is what the training needs.
        if (OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("LD_PRELOAD")?.Contains("malloc", StringComparison.Ordinal) != true)
            _ = SetAllocatorOption(MapThreshold, 1 << 20);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Predict_BaseModelAllWeights()
    {
        var folder = Path.Combine(Repository(), "models", "base");
        using var model = HuggingFaceFolder.LoadModel(folder);
        Check("base model, all weights", Train(model, null, new PromptBuilder(Tokenizer.Load(folder), endToken: 0), Options));
    }

    [Fact]
    public void Predict_BaseModelAdapter()
    {
        var folder = Path.Combine(Repository(), "models", "base");
        using var model = HuggingFaceFolder.LoadModel(folder);
        using var adapter = new LoraAdapter(model, new LoraOptions { Rank = 16 });
        Check("base model, adapter", Train(model, adapter, new PromptBuilder(Tokenizer.Load(folder), endToken: 0), Options));
    }

    [Fact]
    public void Predict_SmallPassesOfALargeVocabulary() => Check("vocabulary of 24,000, passes of 512 tokens", LargeVocabulary, Options with { MicroBatchTokens = 512 });

    [Fact]
    public void Predict_ManyLayers() => Check("qwen3, 12 layers", Deep, Options);

    [Fact]
    public void Predict_ManyLayersRecomputed() => Check("qwen3, 12 layers, recomputed", Deep, Options with { GradientCheckpointing = true });

    [Fact]
    public void Run_WithALog_SaysWhatIsExpectedAndWhatWasNeeded()
    {
        var events = new List<string>();
        using var model = TinyModel.Create();

        var result = FineTuner.Run(
            model, null, TinyModel.Prompts, [TinyModel.ColourTask()], [16], Options, _folder.File("training"), "test", progress => events.Add(progress.Event ?? ""), CancellationToken.None);

        Assert.Contains(events, e => e.StartsWith("Expected to need ", StringComparison.Ordinal));
        Assert.Equal(result.Memory.Measured is not null, events.Any(e => e.StartsWith("Needed ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Expectation_LessIsFree_WarnsAndSaysWhatToLower()
    {
        var memory = new TrainingMemory { Weights = 100 << 20, Gradients = 100 << 20, Optimizer = 200 << 20, Activations = 500 << 20, Transient = 100 << 20 };

        Assert.Equal(
            "Expected to need 1,000 MiB of memory at its peak (weights 100, gradients 100, optimizer 200, activations 500, logits and the like 100). Only 800 MiB are free: expect memory to run out. Lower maxTokens or batchExamples, or free memory.",
            memory.Expectation(available: 800 << 20, held: 100 << 20));
        Assert.DoesNotContain("expect memory", memory.Expectation(available: 900 << 20, held: 100 << 20), StringComparison.Ordinal);
    }

    private void Check(string what, ModelConfig config, TrainingOptions options)
    {
        using var model = new CausalLanguageModel(config);
        model.Initialize(3);
        Check(what, Train(model, null, TinyModel.Prompts, options));
    }

    private static void Check(string what, TrainingMemory memory)
    {
        if (memory.Measured is not { } measured)
        {
            Assert.Skip("This system does not say what a process needs at its peak.");
            return;
        }

        var error = (memory.Predicted / (double)measured) - 1;
        var figures = string.Create(CultureInfo.InvariantCulture, $"{what}: predicted {Mebibytes(memory.Predicted)} MiB (weights {Mebibytes(memory.Weights)}, gradients {Mebibytes(memory.Gradients)}, optimizer {Mebibytes(memory.Optimizer)}, activations {Mebibytes(memory.Activations)}, transient {Mebibytes(memory.Transient)}), measured {Mebibytes(measured)} MiB: {error:+0.0%;-0.0%}");
        TestContext.Current.SendDiagnosticMessage(figures);
        Assert.True(Math.Abs(error) <= Tolerance, figures);
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAllocatorOption(int option, int value);

    private static double Mebibytes(long bytes) => Math.Round(bytes / (double)(1 << 20), 1);

    private TrainingMemory Train(CausalLanguageModel model, LoraAdapter? adapter, PromptBuilder prompts, TrainingOptions options)
    {
        var words = string.Join(' ', Enumerable.Repeat("the blue bird sings a warm song", 30)); // longer than the limit: every row has as many tokens
        Example Row(int number) => new($"r{number}", words, null, number % 2 == 0 ? "red" : "blue", []);
        var task = new TaskData(
            new TaskSpec { Name = "task", Kind = TaskKind.Classification, Instruction = "Name the colour.", Labels = ["red", "blue"], Metric = "accuracy" },
            [.. Enumerable.Range(0, 64).Select(Row)], [.. Enumerable.Range(100, 8).Select(Row)], []);
        return FineTuner.Run(model, adapter, prompts, [task], [64], options, _folder.File("training"), "test", _ => { }, CancellationToken.None).Memory;
    }

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Platform.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
