namespace Platform.Api.Setup;

/// <summary>Limits and timings of the inference tier. Read once at start.</summary>
internal sealed record ApiOptions
{
    public const string Section = "Api";

    /// <summary>A longer request body is refused with 413 (bytes).</summary>
    public long MaxBodyBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>A client that takes less of its answer than this, after five seconds' grace, is cut off (bytes a second).</summary>
    public int MinReadBytesPerSecond { get; init; } = 8192;

    /// <summary>Inputs that one request may have.</summary>
    public int MaxInputs { get; init; } = 128;

    /// <summary>Length that one text may have (UTF-16 characters). The model's context is usually the tighter limit; this one is checked before any tokenizing.</summary>
    public int MaxTextCharacters { get; init; } = 100_000;

    /// <summary>The largest <c>top_k</c>.</summary>
    public int MaxTopK { get; init; } = 1000;

    /// <summary>
    /// Inputs that may wait for a deployment, online and batch work counted apart; what comes on top is answered with 429. One task may have
    /// as many waiting as places are free, so half of them when it is alone.
    /// </summary>
    public int MaxQueuedInputs { get; init; } = 2048;

    /// <summary>What batch work gets of the computed tokens while online requests wait (percent).</summary>
    public int BatchPercent { get; init; } = 5;

    /// <summary>Inputs that are in the engine at the same time, and so the most that one step serves.</summary>
    public int MaxStepInputs { get; init; } = 64;

    /// <summary>Tokens that one step computes, those of label trees included.</summary>
    public int MaxStepTokens { get; init; } = 1024;

    /// <summary>
    /// How long a step should take while a task is served that wants little of the engine: its request waits for the step that is under way.
    /// Four times that while all tasks want as much as they can get.
    /// </summary>
    public TimeSpan StepTime { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Tokens that a step may have even when it takes longer: smaller ones waste the device. Also four times that while all tasks want as much as they can get.</summary>
    public int MinStepTokens { get; init; } = 64;

    /// <summary>Tokens of one input that one step computes: a long input leaves the rest of the step to others.</summary>
    public int MaxChunkTokens { get; init; } = 64;

    /// <summary>Memory for keys and values of running inputs and cached instructions (bytes, CPU only). It is taken as it is used.</summary>
    public long KeyValueBytes { get; init; } = 1L << 30;

    /// <summary>How long a request may wait for the engine before it is answered with 504.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Length that one file of a batch may have (bytes).</summary>
    public long MaxFileBytes { get; init; } = 100L * 1024 * 1024;

    /// <summary>How long a file is kept for which nobody said it, files that batches write among them.</summary>
    public TimeSpan FileRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Files that a team may have.</summary>
    public int MaxTeamFiles { get; init; } = 1000;

    /// <summary>Batches of a team that have not ended.</summary>
    public int MaxTeamBatches { get; init; } = 50;

    /// <summary>Requests that one batch may have.</summary>
    public int MaxBatchLines { get; init; } = 50_000;

    /// <summary>Batches that this process answers at the same time.</summary>
    public int MaxRunningBatches { get; init; } = 4;

    /// <summary>Requests of one batch that are under way at the same time.</summary>
    public int MaxBatchConcurrency { get; init; } = 16;

    /// <summary>How long a verified key and the list of budgets are believed without a look into the database; a revocation or a new budget takes this long at most.</summary>
    public TimeSpan KeyCacheTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long finished requests wait for a database that is locked or gone, before they are refused with 503 and not billed.</summary>
    public TimeSpan LedgerPatience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Failed authentications of one address in a minute; above it the address waits.</summary>
    public int MaxAuthenticationFailures { get; init; } = 60;

    /// <summary>Largest answer that is kept for a retry with the same Idempotency-Key (bytes).</summary>
    public long MaxIdempotentBytes { get; init; } = 1024 * 1024;

    /// <summary>Sampled inputs that wait to be stored; what comes on top is dropped.</summary>
    public int MaxWaitingSamples { get; init; } = 2048;

    /// <summary>Samples that are kept of one task; above it the oldest are deleted.</summary>
    public int MaxTaskSamples { get; init; } = 10_000;

    /// <summary>How often what has expired is deleted: samples, and files of batches.</summary>
    public TimeSpan CleanUpPoll { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether /metrics answers without a key. It names tasks and how busy they are: switch it on where only your own scrapers can reach the Api.</summary>
    public bool PublicMetrics { get; init; }

    /// <summary>Whether /openapi/v1.json answers without a key.</summary>
    public bool PublicOpenApi { get; init; }

    /// <summary>
    /// Reverse proxies, as addresses or networks (<c>10.0.0.0/8</c>), whose X-Forwarded-For and X-Forwarded-Proto are believed. From everybody
    /// else these headers mean nothing.
    /// </summary>
    public IReadOnlyList<string> KnownProxies { get; init; } = [];

    /// <summary>How often the database is asked for a new deployment, and told that this process lives.</summary>
    public TimeSpan DeploymentPoll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Threads of one tensor operation; all processors when null.</summary>
    public int? Threads { get; init; }
}
