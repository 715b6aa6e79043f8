namespace Platform.Domain.Upstreams;

/// <summary>An inference engine outside the platform, which serves deployments in place of the Api's own. Every host gets the same settings.</summary>
public sealed record UpstreamOptions
{
    public const string Vllm = "vllm";
    public const string Sglang = "sglang";
    public const string LlamaCpp = "llama.cpp";
    public const string Platform = "platform";

    /// <summary>What can stand for the model version's number in <see cref="Model"/>.</summary>
    public const string VersionPlace = "{version}";

    public static IReadOnlyList<string> Kinds { get; } = [Vllm, Sglang, LlamaCpp, Platform];

    /// <summary>How it is spoken to: one of <see cref="Kinds"/>.</summary>
    public string Kind { get; init; } = Vllm;

    /// <summary>Where it listens, without <c>/v1</c>.</summary>
    public string Address { get; init; } = "";

    /// <summary>What it wants as a bearer token; empty for none.</summary>
    public string Key { get; init; } = "";

    /// <summary>What it calls the model.</summary>
    public string Model { get; init; } = $"model-version-{VersionPlace}";

    /// <summary>Inputs that may be in it at the same time.</summary>
    public int MaxConcurrency { get; init; } = 64;

    /// <summary>How long it may be silent while a request is in it (seconds).</summary>
    public int TimeoutSeconds { get; init; } = 60;

    /// <summary>How often a request that failed by the engine's fault is sent again.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>By how much its scores may differ from the evaluated model's before a deployment is refused: other weights' types and kernels round otherwise.</summary>
    public double ScoreTolerance { get; init; } = 0.01;

    /// <summary>For logs: without the key.</summary>
    public override string ToString() => $"{Kind} {Address} {Model}";

    /// <summary>What it calls a model version.</summary>
    public string ModelOf(int version) => Model.Replace(VersionPlace, $"{version}", StringComparison.Ordinal);
}

/// <summary>The engines that are set up, by name: <c>Upstreams__NAME__Address</c> and so on.</summary>
public sealed record UpstreamCatalog
{
    public const string Section = "Upstreams";

    public Dictionary<string, UpstreamOptions> Engines { get; } = new(StringComparer.OrdinalIgnoreCase);
}
