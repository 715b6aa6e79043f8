using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Platform.Engine.Generation.Constraints;

namespace Platform.Engine.Generation.Sampling;

/// <summary>
/// Chooses the tokens of one answer from a model's logits. Depends on the options, the logits, the tokens accepted so far and nothing else,
/// so an answer is the same alone and in any batch. Used by one thread at a time.
/// </summary>
/// <remarks>
/// The order, each step on the result of the one before: log-probabilities are taken from the row as it came; bias is added; penalties are
/// subtracted (over the answer's own tokens, as OpenAI defines them); tokens that are not allowed go; at temperature 0 the best is taken, the
/// smallest id among equals; otherwise temperature, then top-k, top-p and min-p (the order of Hugging Face's library), then one draw. Each
/// filter keeps a beginning of the tokens in the order of their logits, of equals the smaller ids; top-p adds up the probabilities of what top-k kept,
/// and takes the token that reaches the sum; at least one token always stays.
/// </remarks>
public sealed class Sampler
{
    // Where likely tokens are looked for first, below the best logit at temperature 1: less likely ones than 1 in 3,000 of it are further.
    private const float NearBest = 8;

    // Colder than this only exact ties would share, and single precision ends.
    private const double LargestScale = 1e30;

    private readonly SamplingOptions _options;
    private readonly long _seed;
    private readonly int _vocabularySize;
    private readonly Dictionary<int, int> _counts = [];
    private readonly List<Candidate> _candidates = [];
    private readonly List<Candidate> _changed = [];

    /// <param name="options">How to choose.</param>
    /// <param name="vocabularySize">Token ids are below it.</param>
    /// <exception cref="ArgumentException">An option is out of its range; the message names all that are.</exception>
    public Sampler(SamplingOptions options, int vocabularySize)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems(vocabularySize) is { Count: > 0 } problems)
            throw new ArgumentException(string.Join(' ', problems.Select(problem => problem.Message)), nameof(options));
        _options = options;
        _vocabularySize = vocabularySize;
        _seed = options.Seed ?? BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8));
    }

    /// <summary>Tokens accepted so far, which is the position that the next draw depends on.</summary>
    public int Position { get; private set; }

    /// <summary>The seed in use: the one of the options, or the one that was taken at random.</summary>
    public long Seed => _seed;

    /// <summary>Chooses a token; the same one again until <see cref="Accept"/> is called.</summary>
    /// <param name="logits">One row, index is token id, at least as long as the vocabulary; entries beyond it are never chosen. Overwritten.</param>
    /// <param name="allowed">The only tokens to choose from, see <see cref="ConstraintState.Allowed"/>; null for all.</param>
    /// <exception cref="InvalidLogitsException">A logit is NaN or positive infinity, or no token is left.</exception>
    public SampledToken Choose(Span<float> logits, TokenSet? allowed = null)
    {
        if (logits.Length < _vocabularySize)
            throw new ArgumentException($"A row has {logits.Length} logits; the vocabulary has {_vocabularySize} tokens.", nameof(logits));
        logits = logits[.._vocabularySize];
        var maximum = LogitRow.Maximum(logits);
        var logOfSum = 0.0;
        List<TokenLogProbability> top = [];
        if (_options.LogProbabilities || _options.TopLogProbabilities > 0)
        {
            logOfSum = maximum + Math.Log(LogitRow.SumOfExponentials(logits, maximum, 1));
            top = Top(logits, maximum, logOfSum);
        }

        Change(logits);
        allowed?.Apply(logits);
        var token = Pick(logits, allowed is null && _changed.Count == 0 ? maximum : LogitRow.Maximum(logits));
        return new SampledToken(token, _options.LogProbabilities ? Math.Min(0, Original(logits, token) - logOfSum) : double.NaN, top);
    }

    /// <summary>Adds a token to the answer, whoever chose it.</summary>
    /// <param name="token">Its id.</param>
    public void Accept(int token)
    {
        _counts[token] = _counts.GetValueOrDefault(token) + 1;
        Position++;
    }

    private int Pick(ReadOnlySpan<float> logits, float maximum)
    {
        if (_options.Temperature == 0)
            return LogitRow.IndexOf(logits, maximum);
        var scale = 1 / _options.Temperature;
        if (scale > LargestScale)
            return LogitRow.IndexOf(logits, maximum);
        if (_options is { TopK: 0, TopP: 1, MinP: 0 })
            return DrawFromAll(logits, maximum, (float)scale);
        var sum = Gather(logits, maximum, (float)scale);
        var candidates = CollectionsMarshal.AsSpan(_candidates);
        if (_options.TopK > 0 && _options.TopK < candidates.Length)
        {
            CandidateSelection.Best(candidates, _options.TopK);
            candidates = candidates[.._options.TopK];
        }

        if (_options.TopP < 1)
            candidates = candidates[..CandidateSelection.Heaviest(candidates, _options.TopP * (_options.TopK > 0 ? Mass(candidates) : sum))];
        return Draw(candidates);
    }

    /// <summary>Collects enough of the best candidates: as many as top-k keeps, or as heavy as top-p wants, or as likely as min-p asks.</summary>
    /// <returns>The weight of all tokens where top-p is of all tokens.</returns>
    private double Gather(ReadOnlySpan<float> logits, float maximum, float scale)
    {
        if (_options is { TopK: 0, TopP: 1 })
        {
            // A little further than min-p says, for rounding; the draw compares exactly.
            LogitRow.Collect(logits, (float)(maximum + Math.Log(_options.MinP) / scale - Math.Abs(maximum) * 1e-6 - 1e-6), maximum, scale, _candidates);
            return 0;
        }

        // Most rows have a few likely tokens: look near the best first, and further only when that is not enough.
        var threshold = maximum - NearBest / scale;
        if (_options.TopK == 0)
        {
            var (all, near) = LogitRow.SumOfExponentials(logits, maximum, scale, threshold);
            LogitRow.Collect(logits, near >= _options.TopP * all ? threshold : float.MinValue, maximum, scale, _candidates);
            return all;
        }

        LogitRow.Collect(logits, threshold, maximum, scale, _candidates);
        if (_candidates.Count < _options.TopK)
            LogitRow.Collect(logits, float.MinValue, maximum, scale, _candidates);
        return 0;
    }

    private int Draw(ReadOnlySpan<Candidate> candidates)
    {
        var (sum, last) = (0.0, candidates[0].Token);
        foreach (var candidate in candidates)
            sum += Kept(candidate);
        var target = SeededDraw.Next(_seed, Position) * sum;
        foreach (var candidate in candidates)
        {
            if (Kept(candidate) is not (var mass and > 0))
                continue;
            last = candidate.Token;
            target -= mass;
            if (target < 0)
                break;
        }

        return last;

        double Kept(Candidate candidate) => candidate.Weight >= _options.MinP ? candidate.Weight : 0;
    }

    // No filter: the draw is a walk over blocks of the row, then over the tokens of one block.
    private int DrawFromAll(ReadOnlySpan<float> logits, float maximum, float scale)
    {
        const int Block = 1024;
        var sums = new double[(logits.Length + Block - 1) / Block];
        for (var i = 0; i < sums.Length; i++)
            sums[i] = LogitRow.SumOfExponentials(Part(logits, i), maximum, scale);
        var target = SeededDraw.Next(_seed, Position) * sums.Sum();
        var block = 0;
        for (; block < sums.Length - 1 && target >= sums[block]; block++)
            target -= sums[block];
        while (sums[block] == 0)
            block--; // rounding led behind the last token
        var (start, last) = (block * Block, -1);
        var part = Part(logits, block);
        for (var i = 0; i < part.Length; i++)
        {
            var mass = Math.Exp((part[i] - maximum) * (double)scale);
            if (mass == 0)
                continue;
            last = start + i;
            target -= mass;
            if (target < 0)
                break;
        }

        return last;

        static ReadOnlySpan<float> Part(ReadOnlySpan<float> logits, int block) => logits.Slice(block * Block, Math.Min(Block, logits.Length - block * Block));
    }

    private List<TokenLogProbability> Top(ReadOnlySpan<float> logits, float maximum, double logOfSum)
    {
        var count = Math.Min(_options.TopLogProbabilities, logits.Length);
        if (count == 0)
            return [];
        LogitRow.Collect(logits, maximum - NearBest, maximum, 1, _candidates);
        if (_candidates.Count < count)
            LogitRow.Collect(logits, float.MinValue, maximum, 1, _candidates);
        var candidates = CollectionsMarshal.AsSpan(_candidates);
        count = Math.Min(count, candidates.Length);
        CandidateSelection.Best(candidates, count);
        candidates = candidates[..count];
        candidates.Sort();
        var top = new List<TokenLogProbability>(count);
        foreach (var (logit, token, _) in candidates)
            top.Add(new TokenLogProbability(token, Math.Min(0, logit - logOfSum)));
        return top;
    }

    private void Change(Span<float> logits)
    {
        _changed.Clear();
        foreach (var (token, bias) in _options.LogitBias ?? new Dictionary<int, double>())
            Add(logits, token, bias);
        if (_options is { PresencePenalty: 0, FrequencyPenalty: 0 })
            return;
        foreach (var (token, count) in _counts)
        {
            if (token < logits.Length)
                Add(logits, token, -(_options.PresencePenalty + count * _options.FrequencyPenalty));
        }
    }

    private void Add(Span<float> logits, int token, double change)
    {
        _changed.Add(new Candidate(logits[token], token, 0));
        logits[token] = (float)(logits[token] + change);
    }

    private float Original(ReadOnlySpan<float> logits, int token)
    {
        foreach (var (logit, changed, _) in _changed)
        {
            if (changed == token)
                return logit; // the first is the one before any change
        }

        return logits[token];
    }

    private static double Mass(ReadOnlySpan<Candidate> candidates)
    {
        var sum = 0.0;
        foreach (var candidate in candidates)
            sum += candidate.Weight;
        return sum;
    }
}
