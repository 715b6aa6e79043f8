using Platform.Engine.Generation.Constraints;
using Platform.Engine.Generation.Sampling;

namespace Platform.Engine.Serving;

/// <summary>What a model is asked to go on from.</summary>
/// <param name="Adapter">Name of the task whose adapter is to be used; null for the shared weights.</param>
/// <param name="Ids">Token ids, at least one.</param>
public sealed record TokenPrompt(string? Adapter, IReadOnlyList<int> Ids);

/// <summary>How likely tokens are beside each other.</summary>
/// <param name="LogWeights">For each token that was asked about; natural logarithms, up to a constant that is the same for all.</param>
/// <param name="CachedTokens">Tokens of the prompt that came from a cache.</param>
public sealed record TokenWeights(IReadOnlyList<double> LogWeights, int CachedTokens);

/// <summary>How a prompt is continued.</summary>
/// <param name="MaxTokens">Most tokens to generate, an end token included; at least 1.</param>
/// <param name="Sampling">How tokens are chosen.</param>
/// <param name="EndTokens">Each of them ends the continuation.</param>
/// <param name="Only">The only tokens to choose from; null for all.</param>
public sealed record TokenContinuation(int MaxTokens, SamplingOptions Sampling, IReadOnlyList<int> EndTokens, TokenSet? Only = null);

/// <summary>A part of a continuation.</summary>
/// <param name="Token">The token.</param>
/// <param name="CachedTokens">Tokens of the prompt that came from a cache, as soon as that is known; else null.</param>
public readonly record struct ContinuedToken(SampledToken? Token, int? CachedTokens);

/// <summary>A model that is computed somewhere else and speaks in tokens: an inference engine behind a network. Safe for use by many threads.</summary>
public interface ITokenSource
{
    /// <summary>How likely some tokens are behind a prompt, in the model's own distribution.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="tokens">The tokens to weigh, two at least.</param>
    /// <param name="cancellationToken">The caller is gone.</param>
    Task<TokenWeights> WeighAsync(TokenPrompt prompt, IReadOnlyList<int> tokens, CancellationToken cancellationToken);

    /// <summary>Continues a prompt; ends behind an end token, which is part of it, or at the limit.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="continuation">How.</param>
    /// <param name="cancellationToken">No more is wanted.</param>
    IAsyncEnumerable<ContinuedToken> ContinueAsync(TokenPrompt prompt, TokenContinuation continuation, CancellationToken cancellationToken);
}
