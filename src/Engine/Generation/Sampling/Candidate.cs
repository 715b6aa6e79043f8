namespace Platform.Engine.Generation.Sampling;

/// <summary>A token that may be chosen.</summary>
/// <param name="Logit">Its logit.</param>
/// <param name="Token">Its id.</param>
/// <param name="Weight">Its probability as a share of the most likely token's.</param>
internal readonly record struct Candidate(float Logit, int Token, float Weight) : IComparable<Candidate>
{
    /// <summary>The more likely one first; of equals the one with the smaller id.</summary>
    public int CompareTo(Candidate other) => other.Logit.CompareTo(Logit) is var order && order != 0 ? order : Token.CompareTo(other.Token);
}
