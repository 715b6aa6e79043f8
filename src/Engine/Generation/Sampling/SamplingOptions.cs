namespace Platform.Engine.Generation.Sampling;

/// <summary>How tokens are chosen from a model's logits. The names in brackets are those of the wire formats.</summary>
public sealed record SamplingOptions
{
    /// <summary>Most entries of <see cref="LogitBias"/>.</summary>
    public const int MaximumBiases = 1024;

    /// <summary>Most alternatives that are reported for a token.</summary>
    public const int MaximumTopLogProbabilities = 20;

    /// <summary>0 always takes the most likely token; 1 is the model's own distribution; 0 to 2. [temperature]</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Keeps this many of the most likely tokens; 0 keeps all. [top_k]</summary>
    public int TopK { get; init; }

    /// <summary>Keeps the fewest most likely tokens whose probabilities add up to this; above 0, up to 1, which keeps all. [top_p]</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Keeps tokens of at least this share of the most likely token's probability; 0, which keeps all, to 1. [min_p]</summary>
    public double MinP { get; init; }

    /// <summary>The same seed, logits and position give the same token. Null takes a seed at random. [seed]</summary>
    public long? Seed { get; init; }

    /// <summary>Subtracted once from the logits of tokens that the answer has; -2 to 2. [presence_penalty]</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Subtracted from a token's logit for each time that the answer has it; -2 to 2. [frequency_penalty]</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of tokens, by id; -100 to 100. Null for none. [logit_bias]</summary>
    public IReadOnlyDictionary<int, double>? LogitBias { get; init; }

    /// <summary>Whether to report each token's log-probability, which takes one more pass over the logits. [logprobs]</summary>
    public bool LogProbabilities { get; init; } = true;

    /// <summary>How many of the most likely tokens to report with their log-probabilities; 0 to 20. [top_logprobs]</summary>
    public int TopLogProbabilities { get; init; }

    /// <summary>Everything that is wrong with the options; empty when they can be used.</summary>
    /// <param name="vocabularySize">Token ids are below it.</param>
    public IReadOnlyList<SamplingProblem> Problems(int vocabularySize)
    {
        var problems = new List<SamplingProblem>();
        Check("temperature", Temperature, 0, 2);
        Check("top_k", TopK, 0, int.MaxValue);
        Check("min_p", MinP, 0, 1);
        Check("presence_penalty", PresencePenalty, -2, 2);
        Check("frequency_penalty", FrequencyPenalty, -2, 2);
        Check("top_logprobs", TopLogProbabilities, 0, MaximumTopLogProbabilities);
        if (!(TopP > 0 && TopP <= 1))
            problems.Add(new SamplingProblem("top_p", $"top_p is {TopP}; it must be above 0 and at most 1."));
        if (LogitBias?.Count > MaximumBiases)
            problems.Add(new SamplingProblem("logit_bias", $"logit_bias has {LogitBias.Count} entries; at most {MaximumBiases} are allowed."));
        foreach (var (token, bias) in (LogitBias ?? new Dictionary<int, double>()).Take(MaximumBiases))
        {
            if (token < 0 || token >= vocabularySize)
                problems.Add(new SamplingProblem("logit_bias", $"logit_bias names the token {token}; ids go from 0 to {vocabularySize - 1}."));
            Check("logit_bias", bias, -100, 100);
        }

        return problems;

        void Check(string field, double value, double least, double most)
        {
            if (!(value >= least && value <= most))
                problems.Add(new SamplingProblem(field, $"{field} is {value}; it must be {(most == int.MaxValue ? $"at least {least}" : $"from {least} to {most}")}."));
        }
    }
}
