using System.Runtime.CompilerServices;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Models;
using Platform.Engine.Serving;

namespace Platform.Engine.Tests.Serving;

/// <summary>An engine as others are: it continues prompts by its own sampler, knows nothing of tasks, and forgets everything between two calls.</summary>
internal sealed class ModelTokens(CausalLanguageModel model, IReadOnlyDictionary<string, LoraAdapter>? adapters = null) : ITokenSource
{
    private readonly Lock gate = new();

    public int Weighed { get; private set; }

    public int Continued { get; private set; }

    /// <summary>Continuations that were to be made of some tokens only.</summary>
    public int Restricted { get; private set; }

    public Task<TokenWeights> WeighAsync(TokenPrompt prompt, IReadOnlyList<int> tokens, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            Weighed++;
            var logits = Logits(prompt.Adapter, [.. prompt.Ids]);
            return Task.FromResult(new TokenWeights([.. tokens.Select(token => (double)logits[token])], 3));
        }
    }

    /// <summary>Takes no notice of the tokens that it may choose from.</summary>
    public bool IgnoresRestrictions { get; init; }

    public async IAsyncEnumerable<ContinuedToken> ContinueAsync(TokenPrompt prompt, TokenContinuation continuation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Continued++;
        Restricted += continuation.Only is null ? 0 : 1;
        var sampler = new Sampler(continuation.Sampling with { LogProbabilities = true }, model.Config.VocabularySize);
        List<int> ids = [.. prompt.Ids];
        yield return new ContinuedToken(null, 3);
        for (var made = 0; made < continuation.MaxTokens; made++)
        {
            await Task.Yield();
            SampledToken chosen;
            lock (gate)
                chosen = sampler.Choose(Logits(prompt.Adapter, [.. ids]), IgnoresRestrictions ? null : continuation.Only);
            sampler.Accept(chosen.Token);
            ids.Add(chosen.Token);
            yield return new ContinuedToken(chosen, null);
            if (continuation.EndTokens.Contains(chosen.Token))
                yield break;
        }
    }

    private float[] Logits(string? adapter, int[] ids)
    {
        using var use = adapter is null ? null : adapters![adapter].Use(model);
        return model.LastLogits(ids);
    }
}
