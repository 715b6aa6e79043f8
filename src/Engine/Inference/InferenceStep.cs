namespace Platform.Engine.Inference;

/// <summary>What one step did for a request.</summary>
/// <param name="Id">The request.</param>
/// <param name="ComputedTokens">Tokens that were computed for it, those of a label tree included; what came from the cache is not among them.</param>
/// <param name="IsComplete">Whether it has all it asked for.</param>
internal readonly record struct InferenceStep(long Id, int ComputedTokens, bool IsComplete);
