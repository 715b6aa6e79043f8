using System.Text.Json;

namespace Platform.CapacityModel;

/// <param name="Value">As it was measured.</param>
/// <param name="Unit">Of the value.</param>
/// <param name="Section">The heading in docs/experiments.md under which it stands.</param>
/// <param name="Quote">The words around it there.</param>
internal sealed record Figure(double Value, string Unit, string Section, string Quote);

/// <param name="Value">What is taken to be so.</param>
/// <param name="Unit">Of the value.</param>
/// <param name="Why">Nobody measured it: who says so, or what to replace it by.</param>
internal sealed record Assumption(double Value, string Unit, string Why);

/// <summary>What the model computes from. A figure that its source does not show is refused.</summary>
internal sealed record Inputs(IReadOnlyDictionary<string, Assumption> Wanted, IReadOnlyDictionary<string, Assumption> Assumptions, IReadOnlyDictionary<string, Figure> Figures)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow };

    public double this[string name] =>
        Figures.TryGetValue(name, out var figure) ? figure.Value
        : Assumptions.TryGetValue(name, out var assumption) ? assumption.Value
        : Wanted.TryGetValue(name, out var wanted) ? wanted.Value
        : throw new InvalidDataException($"The model needs '{name}', which is not among the inputs.");

    public static Inputs Read(string path) => JsonSerializer.Deserialize<Inputs>(File.ReadAllText(path), Json) ?? throw new InvalidDataException($"{path} is empty.");

    /// <summary>Figures whose section or words are not in the document, or whose words do not hold the value.</summary>
    public IEnumerable<string> NotIn(string document)
    {
        var text = File.ReadAllText(document).ReplaceLineEndings("\n");
        foreach (var (name, figure) in Figures)
        {
            var begin = text.IndexOf($"\n## {figure.Section}\n", StringComparison.Ordinal);
            var end = begin < 0 ? -1 : text.IndexOf("\n## ", begin + 1, StringComparison.Ordinal);
            var section = begin < 0 ? null : text[begin..(end < 0 ? text.Length : end)];
            if (section is null)
                yield return $"{name}: {document} has no section '{figure.Section}'.";
            else if (!section.Contains(figure.Quote, StringComparison.Ordinal))
                yield return $"{name}: the section '{figure.Section}' does not say '{figure.Quote}'.";
            else if (!figure.Quote.Replace(",", "", StringComparison.Ordinal).Contains($"{figure.Value}", StringComparison.Ordinal))
                yield return $"{name}: '{figure.Quote}' does not hold {figure.Value}.";
        }
    }
}
