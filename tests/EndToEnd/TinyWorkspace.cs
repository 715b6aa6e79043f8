namespace Platform.EndToEnd.Tests;

/// <summary>Two tasks of a few dozen generated rows and a recipe that trains them within seconds.</summary>
internal static class TinyWorkspace
{
    public const string Recipe = """
        {"version": 2, "name": "tiny", "examplesBudget": 96, "minTrainRows": 10, "maxTokens": 96, "filter": {"share": 0.2},
         "stage2": {"mixing": {"maxEpochs": 2}}, "stage3": {"mixing": {"maxEpochs": 2}}, "training": {"batchExamples": 16}, "adapters": {"examples": 32}, "validation": {"rowsMax": 8}}
        """;

    /// <summary>A row of the test set whose label is wrong, as in any real one: however good the model, reports have an error to show.</summary>
    private const int Mislabelled = 2005;

    private static readonly string[] Places = ["lobby", "pool", "room", "garden", "kitchen", "lift", "terrace", "garage"];
    private static readonly string[] Good = ["was spotless", "made us smile", "felt new"];
    private static readonly string[] Bad = ["was filthy", "kept us awake", "fell apart"];

    public static void WriteTo(string folder)
    {
        WriteBundle(Path.Combine(folder, "stay-mood"), "stay-mood", trainRows: 60);
        WriteBundle(Path.Combine(folder, "visit-mood"), "visit-mood", trainRows: 30);
        File.WriteAllText(Path.Combine(folder, "workspace.json"), """{"name": "tiny", "teams": [{"name": "hotel", "display_name": "Hotel", "bundles": ["stay-mood", "visit-mood"]}]}""");
        // By affinity, so that there is a map of who helps whom, and a probe for estimates.
        File.WriteAllText(Path.Combine(folder, "recipe.json"), Recipe.Replace("\"share\": 0.2", "\"strategy\": \"affinity\", \"share\": 0.2", StringComparison.Ordinal));
    }

    public static void WriteBundle(string folder, string name, int trainRows)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "task.json"), $$"""{"name": "{{name}}", "kind": "classification", "instruction": "Is the {{name}} glad or cross?", "labels": ["glad", "cross"], "metric": "accuracy"}""");
        File.WriteAllText(Path.Combine(folder, "train.jsonl"), Rows(name, 0, trainRows));
        File.WriteAllText(Path.Combine(folder, "validation.jsonl"), Rows(name, 1000, 8));
        File.WriteAllText(Path.Combine(folder, "test.jsonl"), Rows(name, 2000, 12));
    }

    /// <summary>Every text differs, in every split and task: nothing leaks.</summary>
    private static string Rows(string name, int from, int count) => string.Concat(Enumerable.Range(from, count).Select(i =>
    {
        var (words, label) = i % 2 == 0 ? (Good, "glad") : (Bad, i == Mislabelled ? "glad" : "cross");
        return $$$"""{"id":"{{{i}}}","input":{"text":"{{{name}}} {{{i}}}: the {{{Places[i % Places.Length]}}} {{{words[i % words.Length]}}}"},"output":"{{{label}}}"}""" + "\n";
    }));
}
