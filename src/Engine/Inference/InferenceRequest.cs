using Platform.Engine.Generation;

namespace Platform.Engine.Inference;

/// <summary>A prompt for the engine, and what is wanted of it.</summary>
/// <param name="prompt">Token ids, at least one.</param>
/// <param name="adapter">Name of the adapter to use, or null for the shared model as it is.</param>
internal abstract class InferenceRequest(int[] prompt, string? adapter)
{
    /// <summary>Token ids.</summary>
    public int[] Prompt => prompt;

    /// <summary>Name of the adapter to use, or null.</summary>
    public string? Adapter => adapter;

    /// <summary>Most tokens to generate; 0 when labels are scored.</summary>
    public virtual int MaxNewTokens => 0;

    /// <summary>Labels to score behind the prompt, or null when text is generated.</summary>
    public virtual LabelTrie? Labels => null;
}

/// <summary>Asks for the probability of every label.</summary>
/// <param name="prompt">Token ids, at least one.</param>
/// <param name="labels">The labels.</param>
/// <param name="adapter">Name of the adapter to use, or null.</param>
internal sealed class LabelRequest(int[] prompt, LabelTrie labels, string? adapter) : InferenceRequest(prompt, adapter)
{
    /// <inheritdoc/>
    public override LabelTrie Labels => labels;

    /// <summary>One for each label, once it is complete; they add up to 1.</summary>
    public double[] Probabilities { get; set; } = [];
}

/// <summary>Asks for a continuation.</summary>
/// <param name="prompt">Token ids, at least one.</param>
/// <param name="maxNewTokens">Most tokens to generate.</param>
/// <param name="endTokens">Each of them ends it.</param>
/// <param name="adapter">Name of the adapter to use, or null.</param>
internal sealed class TextRequest(int[] prompt, int maxNewTokens, IReadOnlyList<int> endTokens, string? adapter) : InferenceRequest(prompt, adapter)
{
    private readonly List<int> _ids = [];
    private double _logProbability;
    private int _scored;

    /// <inheritdoc/>
    public override int MaxNewTokens => maxNewTokens;

    /// <summary>Each of them ends it.</summary>
    public IReadOnlyList<int> EndTokens => endTokens;

    /// <summary>The continuation so far.</summary>
    public Continuation Continuation { get; set; } = new([], false, 1);

    /// <summary>Takes the next token.</summary>
    /// <param name="token">Its id.</param>
    /// <param name="logProbability">Its log-probability, nats.</param>
    /// <returns>Whether the continuation is over.</returns>
    public bool Add(int token, double logProbability)
    {
        _logProbability += logProbability;
        _scored++;
        var ended = endTokens.Contains(token);
        if (!ended)
            _ids.Add(token);
        Continuation = new Continuation(_ids, ended, Math.Exp(_logProbability / _scored));
        return ended || _ids.Count >= maxNewTokens;
    }
}
