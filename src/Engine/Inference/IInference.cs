namespace Platform.Engine.Inference;

/// <summary>What answers requests, step by step. Not thread-safe: one thread owns it.</summary>
internal interface IInference : IDisposable
{
    /// <summary>Whether there is nothing to compute.</summary>
    bool IsIdle { get; }

    /// <summary>Bytes of the weights that it holds.</summary>
    long SizeBytes { get; }

    /// <summary>Takes a request in.</summary>
    /// <param name="request">The request.</param>
    /// <param name="id">Its id, for <see cref="Cancel"/> and in the steps.</param>
    /// <returns>False when too many wait.</returns>
    /// <exception cref="ArgumentException">It can never be answered: too long for the context or the memory, or too many labels.</exception>
    bool TrySubmit(InferenceRequest request, out long id);

    /// <summary>Gives a request up; it frees its memory at the next step.</summary>
    /// <param name="id">Its id; nothing happens when it is complete already.</param>
    void Cancel(long id);

    /// <summary>Computes one step.</summary>
    /// <param name="complete">Called for each request that is complete now: its id, itself, and its prompt tokens that came from the cache.</param>
    /// <returns>What was done for whom; empty only when there is nothing to compute.</returns>
    IReadOnlyList<InferenceStep> Step(Action<long, InferenceRequest, int> complete);
}
