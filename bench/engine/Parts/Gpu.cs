using System.Text.Json;
using Platform.Engine.Checkpoints;
using Platform.Engine.Native;
using Platform.Engine.Training;
using Platform.EngineBench.Engines;
using Platform.EngineBench.Measuring;
using Platform.EngineBench.Peers;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.EngineBench.Parts;

/// <summary>On a CUDA device: share of the measured matrix product that training reaches, and classification against Hugging Face's transformers.</summary>
internal static class Gpu
{
    public const string Name = "gpu";

    private const int MatrixSize = 8192;
    private const int RowTokens = 164;
    private const int Rank = 16;

    /// <summary>Whether there is a device; if not, says what to do.</summary>
    public static bool IsHere(TextWriter error)
    {
        if (cuda_is_available())
            return true;
        error.WriteLine($"libtorch finds no CUDA device. Name the folder of a CUDA libtorch in {TorchRuntime.LibraryFolderVariable} (bench/gpu/run --torch FOLDER), or build with -p:Torch=cuda (bench/gpu/run without it).");
        return false;
    }

    public static void Run(Session session, RandomModel model, Workload workload)
    {
        MatrixProduct(session);
        Train(session, model, workload, 0);
        Train(session, model, workload, Rank);
        Classify(session, model, workload);
    }

    private static void MatrixProduct(Session session)
    {
        if (!session.Needs(Name, "matrix product", "bf16", 1))
            return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (a, b) = (randn(MatrixSize, MatrixSize, device: CUDA).to(ScalarType.BFloat16), randn(MatrixSize, MatrixSize, device: CUDA).to(ScalarType.BFloat16));
        session.Race(Name, "matrix product", "bf16", 1, "GFLOP", [new Contender("libtorch", Role.Reference, () => Turn.Measure(20 * 2e-9 * MatrixSize * MatrixSize * MatrixSize, () =>
        {
            for (var i = 0; i < 20; i++)
                a.matmul(b).Dispose();
            cuda.synchronize();
        }))]);
    }

    private static void Train(Session session, RandomModel model, Workload workload, int rank)
    {
        const int Batch = 64;
        var (size, title) = (model.Shape.Name, $"training {(rank > 0 ? $"LoRA r{rank}" : "full")}, bf16, batch {Batch}");
        if (session.Needs(Name, size, title, 1))
        {
            using var ours = new TrainingRun(model.Folder, CUDA, TrainingPrecision.BFloat16, rank, workload, Batch, threads: 1);
            session.Race(Name, size, title, 1, "tokens", [new Contender("ours", Role.Ours, () => ours.Steps(4))]);
        }

        // Forward once, backward once for the activations and, when all weights are trained, once for them.
        var operations = model.Shape.LayerOperations * (rank > 0 ? 2 : 3);
        var tokens = Median(session, size, title);
        session.Tell($"{size}, {title}: {tokens * operations / 1e9 / Median(session, "matrix product", "bf16"):P0} of the measured matrix product (attention and head not counted)");
    }

    private static double Median(Session session, string size, string title) =>
        Statistics.Median(session.Results.First(r => r.Part == Name && r.Size == size && r.Case == title).Contenders[0].Rates);

    private static void Classify(Session session, RandomModel folder, Workload workload)
    {
        var size = folder.Shape.Name;
        if (!session.Needs(Name, size, "classification, 16 tasks", 1))
            return;
        const int Count = 256;
        IReadOnlyList<Request> requests = workload.Requests(Count);
        using var model = HuggingFaceFolder.LoadModel(folder.Folder, CUDA, ScalarType.BFloat16);
        using var served = Served.OnTorch(model, workload);
        var contenders = new List<Contender> { new("ours", Role.Ours, () => Turn.Once(Count, () => served.Classify(requests))) { Prepare = () => requests = workload.Requests(Count) } };
        var file = Path.Combine(folder.Folder, "requests.json");
        File.WriteAllText(file, JsonSerializer.Serialize(requests.Select(r => new Dictionary<string, object> { ["ids"] = r.Ids, ["labels"] = workload.Labels(r.Task) })));
        using var peer = StartTransformers(session, folder.Folder, file);
        if (peer is not null)
            contenders.Add(new Contender("transformers", Role.Peer, () => peer.Ask("1", Count)));
        session.Race(Name, size, "classification, 16 tasks", 1, "requests", contenders);
    }

    private static JsonProcess? StartTransformers(Session session, string model, string requests)
    {
        var python = Environment.GetEnvironmentVariable("PYTHON") is { Length: > 0 } named ? named : "python3";
        var process = new JsonProcess(python, Path.Combine(AppContext.BaseDirectory, "Peers", "transformers_classification.py"), model, requests);
        try
        {
            process.Ask("1");
            return process;
        }
        catch (InvalidOperationException)
        {
            session.Tell($"transformers does not take part: {python} could not run it (its message is above; PYTHON names another interpreter)");
            process.Dispose();
            return null;
        }
    }
}
