using Microsoft.Extensions.Options;
using Platform.Api.Setup;
using Platform.Engine.Generation;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Inference;
using Platform.Engine.Native;
using Platform.Engine.Serving;
using Platform.Engine.Tasks;

namespace Platform.Api.Serving;

/// <summary>The engine's own multi-task model.</summary>
internal sealed class EngineModel(MultiTaskModel model) : ISharedModel
{
    public IReadOnlyDictionary<string, TaskSpec> Tasks { get; } = model.Tasks.ToDictionary(task => task.Key, task => task.Value.Spec, StringComparer.Ordinal);

    public int ContextTokens => model.ContextTokens;

    public int CountPromptTokens(string task, string text, string? text2) => model.CountPromptTokens(task, text, text2);

    public int MaxPromptTokens(string task) => model.MaxPromptTokens(task);

    public ConstraintCache Constraints => model.Constraints;

    public IReadOnlyList<Answer> Predict(IReadOnlyList<ServedInput> inputs) => model.Predict(inputs);

    public bool TrySubmit(ServedInput input, out long id) => model.TrySubmit(input, out id);

    public void Cancel(long id) => model.Cancel(id);

    public IReadOnlyList<PredictionStep> Step() => model.Step();

    public void Dispose() => model.Dispose();
}

internal sealed class EngineModelLoader(IOptions<ApiOptions> options) : ISharedModelLoader
{
    public ISharedModel Load(string folder) => new EngineModel(MultiTaskModel.Load(folder, TorchRuntime.DefaultDevice(), new InferenceOptions
    {
        Threads = options.Value.Threads,
        KeyValueBytes = options.Value.KeyValueBytes,
        MaxStepTokens = options.Value.MaxStepTokens,
        MaxStepSequences = options.Value.MaxStepInputs,
        PrefillChunkTokens = options.Value.MaxChunkTokens,
        MaxWaiting = Math.Max(options.Value.MaxStepInputs, WarmUpInputs),
    }));

    // Before a deployment goes live, all its parity samples are answered at once.
    private const int WarmUpInputs = 1024;
}
