namespace Platform.Engine.Inference;

/// <summary>Memory and limits of the inference engine.</summary>
public sealed record InferenceOptions
{
    /// <summary>Threads, the caller's included; as many as libtorch uses when null.</summary>
    public int? Threads { get; init; }

    /// <summary>Memory for keys and values, bytes. It is taken as it is used. At least one sequence of the full context always fits.</summary>
    public long KeyValueBytes { get; init; } = 1L << 30;

    /// <summary>Most tokens of one step, label trees included.</summary>
    public int MaxStepTokens { get; init; } = 1024;

    /// <summary>Most sequences of one step.</summary>
    public int MaxStepSequences { get; init; } = 64;

    /// <summary>Most tokens of one prompt in one step: a long prompt leaves the rest of the step to others.</summary>
    public int PrefillChunkTokens { get; init; } = 256;

    /// <summary>Most sequences that wait.</summary>
    public int MaxWaiting { get; init; } = 4096;
}
