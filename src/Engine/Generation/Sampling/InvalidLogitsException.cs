namespace Platform.Engine.Generation.Sampling;

/// <summary>Logits that no token can be chosen from: the model's arithmetic failed, or everything is forbidden.</summary>
/// <param name="problem">Which logit, or what is missing.</param>
public sealed class InvalidLogitsException(string problem) : Exception(problem);
