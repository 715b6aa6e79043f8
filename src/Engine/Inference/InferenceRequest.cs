using Platform.Engine.Generation;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Generation.Sampling;

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

/// <summary>One generated continuation.</summary>
/// <param name="Ids">Token ids, without the end token.</param>
/// <param name="Ended">Whether the model, a constraint or a stop string ended it; otherwise the limit did, also where it was brought to a valid end before that.</param>
/// <param name="MeanProbability">Geometric mean of the chosen tokens' probabilities.</param>
internal sealed record Continuation(IReadOnlyList<int> Ids, bool Ended, double MeanProbability);

/// <summary>Asks for a continuation.</summary>
/// <param name="prompt">Token ids, at least one.</param>
/// <param name="maxNewTokens">Most tokens to generate.</param>
/// <param name="endTokens">Each of them ends it.</param>
/// <param name="adapter">Name of the adapter to use, or null.</param>
internal sealed class TextRequest(int[] prompt, int maxNewTokens, IReadOnlyList<int> endTokens, string? adapter) : InferenceRequest(prompt, adapter)
{
    private static readonly SamplingOptions Greedy = new() { Temperature = 0 };

    private readonly List<int> _ids = [];
    private readonly List<SampledToken> _tokens = [];
    private Sampler? _sampler;
    private float[] _row = [];
    private double _logProbability;
    private bool _shortened;

    /// <inheritdoc/>
    public override int MaxNewTokens => maxNewTokens;

    /// <summary>How tokens are chosen; the most likely one each time when not said otherwise.</summary>
    public SamplingOptions Sampling { get; init; } = Greedy;

    /// <summary>What the answer must look like, or null.</summary>
    public ConstraintState? Constraint { get; init; }

    /// <summary>Text of the answer with its stop strings, or null when only ids are wanted.</summary>
    public AnswerText? Text { get; init; }

    /// <summary>Receives text as soon as it is certain to belong to the answer.</summary>
    public Action<string>? OnText { get; init; }

    /// <summary>The continuation so far.</summary>
    public Continuation Continuation => new(_ids, Ended, Math.Exp(_logProbability / Math.Max(1, _tokens.Count)));

    /// <summary>Every chosen token with its log-probability, one that ended the answer included.</summary>
    public IReadOnlyList<SampledToken> Tokens => _tokens;

    /// <summary>Each of them ends the continuation.</summary>
    public IReadOnlyList<int> EndTokens => endTokens;

    private bool Ended { get; set; }

    /// <summary>Chooses the next token.</summary>
    /// <param name="logits">One value for each token of the vocabulary; overwritten.</param>
    /// <returns>The token, or null when the continuation is over.</returns>
    /// <exception cref="InvalidLogitsException">A logit is not a number.</exception>
    public int? Choose(Span<float> logits)
    {
        _sampler ??= new Sampler(Sampling with { LogProbabilities = true }, logits.Length);
        var chosen = Constraint is { } constraint ? Choose(logits, constraint) : _sampler.Choose(logits);
        _sampler.Accept(chosen.Token);
        return Take(chosen) ? chosen.Token : null;
    }

    /// <summary>The only tokens to choose from where not any may come next: where what is to follow is not <paramref name="token"/>; null when it may be taken.</summary>
    /// <param name="token">Its id.</param>
    public TokenSet? InsteadOf(int token)
    {
        if (Constraint is not { } constraint)
            return null;
        if (!constraint.Allowed.Contains(token))
            return constraint.Allowed;
        var wayOut = WayOut(constraint, token);
        _shortened |= wayOut is not null;
        return wayOut;
    }

    /// <summary>Takes a token that was chosen elsewhere, one that <see cref="InsteadOf"/> has nothing against.</summary>
    /// <param name="chosen">The token.</param>
    /// <returns>Whether another one is wanted.</returns>
    public bool Take(SampledToken chosen)
    {
        Constraint?.Advance(chosen.Token);
        _tokens.Add(chosen);
        _logProbability += chosen.LogProbability;
        var over = endTokens.Contains(chosen.Token);
        if (!over)
        {
            _ids.Add(chosen.Token);
            Write(Text?.Append(chosen.Token));
            // Nothing but the end may follow, so the model need not be asked for it.
            over = Text is { HasStopped: true } || Constraint is { MustEnd: true };
        }

        if (!over && _ids.Count < maxNewTokens)
            return true;
        Ended = over && !_shortened;
        Write(Text?.Finish());
        return false;
    }

    /// <summary>Near the limit a token that leaves too little room for a valid end gives way to the shortest way there.</summary>
    private SampledToken Choose(Span<float> logits, ConstraintState constraint)
    {
        if (_row.Length == 0)
            _row = new float[logits.Length];
        logits.CopyTo(_row);
        var chosen = _sampler!.Choose(logits, constraint.Allowed);
        if (WayOut(constraint, chosen.Token) is not { } wayOut)
            return chosen;
        _shortened = true;
        return _sampler.Choose(_row, wayOut);
    }

    private TokenSet? WayOut(ConstraintState constraint, int token) => constraint.WayOut(token, maxNewTokens - _ids.Count - 1);

    private void Write(string? text)
    {
        if (!string.IsNullOrEmpty(text))
            OnText?.Invoke(text);
    }
}
