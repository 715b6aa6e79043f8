using System.Text.Json;
using Platform.Engine.Evaluation;

namespace Platform.Engine.Tests.Evaluation.References;

/// <summary>Rows and values that references.py computed with scikit-learn, SciPy and NLTK; its head says how to make them again.</summary>
internal static class ReferenceValues
{
    private static readonly Lazy<JsonElement> All = new(() =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Evaluation", "References", "references.json"))).RootElement);

    public static JsonElement Root => All.Value;

    public static IReadOnlyList<string> Labels => [.. Root.GetProperty("labels").EnumerateArray().Select(label => label.GetString()!)];

    public static Prediction[] Rows(string name) => [.. Root.GetProperty(name).EnumerateArray().Select(row => new Prediction(
        row.GetProperty("id").GetString()!,
        "",
        row.GetProperty("expected").GetString()!,
        row.GetProperty("actual").GetString()!,
        row.TryGetProperty("references", out var references) ? [.. references.EnumerateArray().Select(one => one.GetString()!)] : [],
        Probabilities: row.TryGetProperty("probabilities", out var shares) ? [.. shares.EnumerateArray().Select(one => one.GetSingle())] : null))];

    public static IEnumerable<(string Name, double Value)> Values(string name) =>
        Root.GetProperty(name).EnumerateObject().Select(value => (value.Name, value.Value.GetDouble()));
}
