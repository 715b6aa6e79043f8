using Platform.Engine.Generation;
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

    public IReadOnlyList<Answer> Predict(IReadOnlyList<(string Task, string Text, string? Text2)> inputs) => model.Predict(inputs);

    public void Dispose() => model.Dispose();
}

internal sealed class EngineModelLoader : ISharedModelLoader
{
    public ISharedModel Load(string folder) => new EngineModel(MultiTaskModel.Load(folder, TorchRuntime.DefaultDevice()));
}
