using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Platform.Domain.Upstreams;

internal sealed partial class ValidateUpstreamCatalog : IValidateOptions<UpstreamCatalog>
{
    public const int LongestName = 64;

    public ValidateOptionsResult Validate(string? name, UpstreamCatalog options)
    {
        var problems = options.Engines.SelectMany(engine => Problems(engine.Key, engine.Value)).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static IEnumerable<string> Problems(string name, UpstreamOptions engine)
    {
        if (!Name().IsMatch(name))
            yield return $"Upstreams:{name} is no name for an engine; use 1 to {LongestName} letters, digits, '-', '_' and '.'.";
        if (!UpstreamOptions.Kinds.Contains(engine.Kind, StringComparer.Ordinal))
            yield return $"Upstreams:{name}:Kind is '{engine.Kind}'; it must be one of {string.Join(", ", UpstreamOptions.Kinds)}. Mend the setting Upstreams__{name}__Kind.";
        if (!Uri.TryCreate(engine.Address, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0 || address.Query.Length > 0)
            yield return $"Upstreams:{name}:Address is '{engine.Address}'; it must be an address such as http://gpu-1:8000, without user, password or query. Mend the setting Upstreams__{name}__Address.";
        else if (address.AbsolutePath.TrimEnd('/').EndsWith("/v1", StringComparison.Ordinal))
            yield return $"Upstreams:{name}:Address is '{engine.Address}'; leave the /v1 at its end out. Mend the setting Upstreams__{name}__Address.";
        if (string.IsNullOrWhiteSpace(engine.Model))
            yield return $"Upstreams:{name}:Model is empty; write what the engine calls the model, such as model-version-{UpstreamOptions.VersionPlace}. Mend the setting Upstreams__{name}__Model.";
        if (engine.MaxConcurrency is < 1 or > 4096)
            yield return Range(name, nameof(engine.MaxConcurrency), engine.MaxConcurrency, 1, 4096);
        if (engine.TimeoutSeconds is < 1 or > 3600)
            yield return Range(name, nameof(engine.TimeoutSeconds), engine.TimeoutSeconds, 1, 3600);
        if (engine.Retries is < 0 or > 10)
            yield return Range(name, nameof(engine.Retries), engine.Retries, 0, 10);
        if (engine.ScoreTolerance is not (>= 0 and <= 1))
            yield return FormattableString.Invariant($"Upstreams:{name}:ScoreTolerance is {engine.ScoreTolerance}; it must lie between 0 and 1. Mend the setting Upstreams__{name}__ScoreTolerance.");
    }

    private static string Range(string name, string key, int value, int least, int most) =>
        $"Upstreams:{name}:{key} is {value}; it must lie between {least} and {most}. Mend the setting Upstreams__{name}__{key}.";

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    private static partial Regex Name();
}
