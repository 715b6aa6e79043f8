using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Engine.Tasks;

namespace Platform.MethodBench;

/// <summary>One way to train: the suite's recipe with a few settings changed.</summary>
/// <param name="Name">For the results file.</param>
/// <param name="Title">For people.</param>
/// <param name="Change">What it changes of the recipe, as a merge patch (RFC 7396).</param>
internal sealed record Arm(string Name, string Title, JsonObject Change);

/// <summary>What is measured: tasks, arms, seeds. Read from a committed file, so that every machine measures the same.</summary>
/// <param name="Name">For the results file.</param>
/// <param name="TrainRows">Each task and its most training rows.</param>
/// <param name="ValidationRows">Most validation rows of each task.</param>
/// <param name="TestRows">Most test rows of each task.</param>
/// <param name="Seeds">One run of every arm for each.</param>
/// <param name="Recipe">The recipe of the whole method.</param>
/// <param name="Arms">The first is the whole method, with which the others are compared.</param>
internal sealed record Suite(
    string Name, IReadOnlyDictionary<string, int> TrainRows, int ValidationRows, int TestRows, IReadOnlyList<int> Seeds, JsonObject Recipe, IReadOnlyList<Arm> Arms)
{
    private const int SampleSeed = 17;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { ReadCommentHandling = JsonCommentHandling.Skip };

    public static Suite Read(string file) =>
        JsonSerializer.Deserialize<Suite>(File.ReadAllText(file), Json) ?? throw new InvalidDataException($"{file} is empty.");

    /// <summary>The recipe of an arm for a seed.</summary>
    public JsonObject RecipeOf(Arm arm, int seed)
    {
        var recipe = Merge(Recipe, arm.Change);
        recipe["name"] = $"{Name}-{arm.Name}";
        recipe["seed"] = seed;
        return recipe;
    }

    /// <summary>Changes whenever results of before are no longer comparable: with the data's size or any setting of the arm.</summary>
    public string HashOf(Arm arm, int seed) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(
        new { TrainRows, ValidationRows, TestRows, Recipe = RecipeOf(arm, seed) }, Json)))[..16];

    /// <summary>Writes the tasks' bundles with their rows limited by a seeded draw; other files of a bundle are not needed.</summary>
    /// <exception cref="InvalidDataException">A bundle is missing or malformed.</exception>
    public void Prepare(string bundles, string folder)
    {
        foreach (var (task, trainRows) in TrainRows)
        {
            var from = Path.Combine(bundles, task);
            if (!File.Exists(Path.Combine(from, "task.json")))
                throw new InvalidDataException($"{from} is not a task bundle: task.json is missing. The suite needs: {string.Join(", ", TrainRows.Keys)}.");
            var to = Path.Combine(folder, task);
            Directory.CreateDirectory(to);
            File.Copy(Path.Combine(from, "task.json"), Path.Combine(to, "task.json"), overwrite: true);
            foreach (var (split, most) in new[] { ("train", trainRows), ("validation", ValidationRows), ("test", TestRows) })
                Sample(Path.Combine(from, $"{split}.jsonl"), Path.Combine(to, $"{split}.jsonl"), most);
        }
    }

    private static void Sample(string from, string to, int most)
    {
        var lines = File.ReadLines(from).Where(line => !string.IsNullOrWhiteSpace(line)).ToList();
        var rows = TaskBundle.ReadSplit(from);
        var chosen = RowSample.Of(rows, most, SampleSeed).Select(row => row.Id).ToHashSet(StringComparer.Ordinal);
        File.WriteAllLines(to, lines.Where((_, i) => chosen.Contains(rows[i].Id)));
    }

    private static JsonObject Merge(JsonObject target, JsonObject change)
    {
        var merged = target.DeepClone().AsObject();
        foreach (var (name, value) in change)
        {
            if (value is null)
                merged.Remove(name);
            else if (value is JsonObject inner && merged[name] is JsonObject below)
                merged[name] = Merge(below, inner);
            else
                merged[name] = value.DeepClone();
        }

        return merged;
    }
}
