namespace Platform.Api.Setup;

/// <summary>Limits and timings of the inference tier. Read once at start.</summary>
internal sealed record ApiOptions
{
    public const string Section = "Api";

    /// <summary>A longer request body is refused with 413 (bytes).</summary>
    public long MaxBodyBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Inputs that one request may have.</summary>
    public int MaxInputs { get; init; } = 128;

    /// <summary>Length that one text may have (UTF-16 characters). The model's context is usually the tighter limit; this one is checked before any tokenizing.</summary>
    public int MaxTextCharacters { get; init; } = 100_000;

    /// <summary>The largest <c>top_k</c>.</summary>
    public int MaxTopK { get; init; } = 1000;

    /// <summary>Inputs that may wait for the engine, over all requests; what comes on top is answered with 429.</summary>
    public int MaxQueuedInputs { get; init; } = 1024;

    /// <summary>Inputs that the engine takes into one step.</summary>
    public int MaxStepInputs { get; init; } = 32;

    /// <summary>Prompt tokens that the engine takes into one step; a single longer input gets a step of its own.</summary>
    public int MaxStepTokens { get; init; } = 16_384;

    /// <summary>How long a request may wait for the engine before it is answered with 504.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a verified key is believed without a look into the database; a revocation takes this long at most.</summary>
    public TimeSpan KeyCacheTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the database is asked for a new deployment, and told that this process lives.</summary>
    public TimeSpan DeploymentPoll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Threads of one tensor operation; all processors when null.</summary>
    public int? Threads { get; init; }
}
