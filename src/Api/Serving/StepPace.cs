namespace Platform.Api.Serving;

/// <summary>Learns what steps cost, the step's own part and the part of each token, and how many tokens fit into a time.</summary>
internal sealed class StepPace
{
    // A step weighs half after 140 more: enough to settle, short enough to follow a machine that others use too.
    private const double Memory = 0.995;

    // Sums over past steps, the newest weighing most.
    private double steps;
    private double tokens;
    private double time;
    private double tokensSquared;
    private double tokensTime;
    private double microsecondsPerToken;

    /// <summary>Microseconds for each token, the steps' own part included; 0 before the first step. May be read from any thread.</summary>
    public double MicrosecondsPerToken => Volatile.Read(ref microsecondsPerToken);

    /// <summary>Tokens of a step that takes so long; null before the first step.</summary>
    public double? StepTokens(TimeSpan stepTime)
    {
        if (tokens == 0)
            return null;

        // The line through the points (tokens, time); through zero as long as all steps were of about one size.
        var spread = (steps * tokensSquared) - (tokens * tokens);
        var slope = spread > 1e-6 * tokens * tokens ? ((steps * tokensTime) - (tokens * time)) / spread : 0;
        var each = slope > 0 ? Math.Min(slope, time / tokens) : time / tokens;
        var own = Math.Max(0, (time - (each * tokens)) / steps);
        return Math.Max(0, (stepTime.TotalMicroseconds - own) / each);
    }

    public void Learn(long computed, double microseconds)
    {
        if (computed <= 0)
            return;
        steps = (Memory * steps) + 1;
        tokens = (Memory * tokens) + computed;
        time = (Memory * time) + microseconds;
        tokensSquared = (Memory * tokensSquared) + ((double)computed * computed);
        tokensTime = (Memory * tokensTime) + (computed * microseconds);
        Volatile.Write(ref microsecondsPerToken, time / tokens);
    }

    /// <summary>Tokens that are computed within a time, as far as that is known.</summary>
    public long TokensWithin(TimeSpan limit) =>
        MicrosecondsPerToken is > 0 and var each ? (long)Math.Clamp(limit.TotalMicroseconds / each, 0, long.MaxValue / 2) : long.MaxValue;

    /// <summary>How long so many tokens take, as far as that is known.</summary>
    public TimeSpan TimeFor(long count) => TimeSpan.FromMicroseconds(Math.Min(count * MicrosecondsPerToken, TimeSpan.FromDays(1).TotalMicroseconds));
}
