using Platform.Engine.Generation;
using Platform.Engine.Inference;
using Platform.Engine.Kernels;
using Platform.Engine.Models;
using Platform.Engine.Tasks;

namespace Platform.EngineBench.Engines;

/// <summary>What the product does with requests: tokenizing, scheduling, kept instructions, label trees, probabilities of all labels.</summary>
internal sealed class Served : IDisposable
{
    private readonly Predictor _predictor;

    private Served(string name, Predictor predictor) => (Name, _predictor) = (name, predictor);

    public string Name { get; }

    /// <summary>On packed weights, as on the product's CPUs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="workload">The tasks.</param>
    /// <param name="type">How the weights are packed.</param>
    /// <param name="threads">Threads.</param>
    public static Served OnCpu(CausalLanguageModel model, Workload workload, WeightType type, int threads)
    {
        var packed = new InferenceModel(model, type);
        var engine = new InferenceEngine(packed, new Dictionary<string, InferenceAdapter>(), new InferenceOptions { Threads = threads });
        return new Served($"ours {(type == WeightType.Int8 ? "int8" : "bf16")}, served", new Predictor(model, workload.Prompts, engine));
    }

    /// <summary>On libtorch's operators, as on the product's GPUs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="workload">The tasks.</param>
    public static Served OnTorch(CausalLanguageModel model, Workload workload) =>
        new("libtorch, label tree", new Predictor(model, workload.Prompts, new TorchInference(model, new Dictionary<string, LoraAdapter>(), maxWaiting: 4096)));

    /// <summary>Answers requests.</summary>
    public IReadOnlyList<Answer> Classify(IReadOnlyList<Request> requests) => _predictor.Predict([.. requests.Select(r => r.Input)]);

    /// <summary>The label that token by token decoding would choose, from the probabilities of all; the most likely label can be another.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="task">The task.</param>
    /// <param name="labels">Tokens of its labels.</param>
    public static int GreedyLabel(Answer answer, TaskSpec task, int[][] labels)
    {
        var probabilities = task.Labels.Select(label => answer.Alternatives.Single(a => a.Output == label).Probability).ToArray();
        var left = Enumerable.Range(0, labels.Length).ToList();
        for (var depth = 0; left.Count > 1; depth++)
            left = [.. left.GroupBy(label => labels[label][depth]).MaxBy(group => group.Sum(label => probabilities[label]))!];
        return left[0];
    }

    public void Dispose() => _predictor.Dispose();
}
