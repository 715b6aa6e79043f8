using Platform.Engine.Generation;
using Platform.Engine.Tasks;

namespace Platform.Api.Serving;

/// <summary>What the serving code needs of a loaded model version; lets tests decide how long a step takes and when it fails.</summary>
internal interface ISharedModel : IDisposable
{
    IReadOnlyDictionary<string, TaskSpec> Tasks { get; }

    int ContextTokens { get; }

    /// <summary>May be called from any thread, also after <see cref="IDisposable.Dispose"/>: it touches the tokenizer only.</summary>
    int CountPromptTokens(string task, string text, string? text2);

    int MaxPromptTokens(string task);

    /// <summary>One step over inputs of any mixture of tasks; only the thread that owns the model calls it.</summary>
    IReadOnlyList<Answer> Predict(IReadOnlyList<(string Task, string Text, string? Text2)> inputs);
}

internal interface ISharedModelLoader
{
    ISharedModel Load(string folder);
}
