using Platform.Engine.Generation;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Serving;
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

    /// <summary>Makes constraints for options; may be called from any thread like <see cref="CountPromptTokens"/>.</summary>
    ConstraintCache Constraints { get; }

    /// <summary>Answers inputs of any mixture of tasks from beginning to end; only the thread that owns the model calls it, and what follows.</summary>
    IReadOnlyList<Answer> Predict(IReadOnlyList<ServedInput> inputs);

    /// <summary>Takes an input in, to be answered by the steps that follow; false when there is no room.</summary>
    /// <exception cref="InputTooLongException">It does not fit.</exception>
    bool TrySubmit(ServedInput input, out long id);

    /// <summary>Gives an input up.</summary>
    void Cancel(long id);

    /// <summary>Computes one step: what was done for whom.</summary>
    IReadOnlyList<PredictionStep> Step();
}

internal interface ISharedModelLoader
{
    ISharedModel Load(string folder);
}
