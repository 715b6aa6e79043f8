namespace Platform.Engine.Generation.Sampling;

/// <summary>A token and its log-probability.</summary>
/// <param name="Token">Its id.</param>
/// <param name="LogProbability">Natural logarithm, at most 0.</param>
public readonly record struct TokenLogProbability(int Token, double LogProbability);

/// <summary>A chosen token.</summary>
/// <param name="Token">Its id.</param>
/// <param name="LogProbability">
/// Natural logarithm of its probability in the model's own distribution: before bias, penalties, constraints, temperature and filters, so that
/// it says what the model thinks and not what was done to it. NaN when it was not asked for.
/// </param>
/// <param name="Top">The most likely tokens of the same distribution, best first, smaller ids first among equals; empty when not asked for.</param>
public sealed record SampledToken(int Token, double LogProbability, IReadOnlyList<TokenLogProbability> Top);
