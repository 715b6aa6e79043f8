using System.Globalization;

namespace Platform.Engine.Models;

/// <summary>What a low-rank adapter adapts and how (LoRA, https://arxiv.org/abs/2106.09685).</summary>
public sealed record LoraOptions
{
    private const int MaxRank = 1024;
    private const double MaxAlpha = 1e6;
    private const double MaxDropout = 0.95;

    /// <summary>Last names of the linear maps of a decoder layer, the default targets. The output head is never adapted.</summary>
    public static IReadOnlyList<string> AllLinear { get; } = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    /// <summary>r, the inner size of a change; 1 to 1024.</summary>
    public int Rank { get; init; } = 16;

    /// <summary>α; a change is scaled by α / r. Above 0.</summary>
    public double Alpha { get; init; } = 32;

    /// <summary>Share of an adapter's inputs that a training pass sets to zero, the others being scaled up; 0 to 0.95. Used in training only.</summary>
    public double Dropout { get; init; }

    /// <summary>Last names of the adapted linear maps, out of <see cref="AllLinear"/>.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = AllLinear;

    /// <summary>Fixes the draw of A and of what dropout drops.</summary>
    public long Seed { get; init; } = 17;

    /// <summary>Every problem as a sentence that names field, value and range; empty when there is none.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        if (Rank is < 1 or > MaxRank)
            problems.Add($"{nameof(Rank)} is {Rank}; it must lie between 1 and {MaxRank}.");
        if (!(Alpha > 0 && Alpha <= MaxAlpha))
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{nameof(Alpha)} is {Alpha}; it must lie above 0 and be at most {MaxAlpha}."));
        if (!(Dropout >= 0 && Dropout <= MaxDropout))
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{nameof(Dropout)} is {Dropout}; it must lie between 0 and {MaxDropout}."));
        if (TargetModules.Count == 0)
            problems.Add($"{nameof(TargetModules)} is empty; name some of {string.Join(", ", AllLinear)}.");
        foreach (var unknown in TargetModules.Except(AllLinear))
            problems.Add($"{nameof(TargetModules)} holds \"{unknown}\"; only {string.Join(", ", AllLinear)} can be adapted.");
        return problems;
    }

    /// <summary>The shortest names by which PEFT finds exactly these modules: last names where every module of that name is adapted, else whole names.</summary>
    /// <param name="adapted">Names of the adapted modules, for instance <c>model.layers.0.mlp.up_proj</c>.</param>
    /// <param name="all">Names of all modules of the model that can be adapted.</param>
    /// <returns>In ordinal order.</returns>
    internal static IReadOnlyList<string> TargetNames(IReadOnlyCollection<string> adapted, IEnumerable<string> all)
    {
        var left = all.Except(adapted).Select(LastName).ToHashSet(StringComparer.Ordinal);
        return [.. adapted.Select(name => left.Contains(LastName(name)) ? name : LastName(name)).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>"up_proj" of <c>model.layers.0.mlp.up_proj</c>.</summary>
    internal static string LastName(string module) => module[(module.LastIndexOf('.') + 1)..];
}
