using System.Text.Json;

namespace Platform.Jobs.Tests;

/// <summary>A task that a test writes as a bundle.</summary>
internal sealed record TinyTask(string Name, string Kind, string Instruction, string[] Labels, string Metric, int TrainRows, Func<int, (string Text, string? Text2, string Output)> Row);

/// <summary>Four tasks of different kinds and sizes, with rows made by counting.</summary>
internal static class TinyTasks
{
    private static readonly string[] Places = ["harbour", "station", "garden", "museum", "market", "bridge", "tower"];
    private static readonly string[] Good = ["lovely", "clean", "quiet", "friendly", "bright"];
    private static readonly string[] Bad = ["dirty", "noisy", "rude", "broken", "cold"];
    private static readonly string[] Things = ["room", "bed", "shower", "breakfast"];

    public static IReadOnlyList<TinyTask> All { get; } =
    [
        new("guest-mood", "classification", "Was the guest happy?", ["happy", "unhappy"], "accuracy", 160, Mood),
        new("same-place", "pair-classification", "Do both name the same place?", ["yes", "no"], "macro_f1", 90, SamePlace),
        new("place-slots", "extraction", "List the places.", ["place"], "span_f1", 60, Slots),
        new("short-title", "generation", "Write a title.", [], "rouge_l", 12, Title),
    ];

    public static IEnumerable<string> Texts() => All.SelectMany(task => Enumerable.Range(0, 60).Select(task.Row).Select(row =>
        $"{task.Instruction}\nInput: {row.Text}\nSecond: {row.Text2}\nAnswer: {row.Output}"));

    public static string WriteBundle(string folder, TinyTask task)
    {
        Directory.CreateDirectory(folder);
        var definition = new { name = task.Name, kind = task.Kind, instruction = task.Instruction, labels = task.Labels, metric = task.Metric, max_output_tokens = 12 };
        File.WriteAllText(Path.Combine(folder, "task.json"), JsonSerializer.Serialize(definition));
        WriteSplit(folder, task, "train", 0, task.TrainRows);
        WriteSplit(folder, task, "validation", 1000, 60);
        WriteSplit(folder, task, "test", 2000, 40);
        return folder;
    }

    private static void WriteSplit(string folder, TinyTask task, string split, int first, int rows) => File.WriteAllLines(
        Path.Combine(folder, split + ".jsonl"),
        Enumerable.Range(first, rows).Select(number =>
        {
            var (text, text2, output) = task.Row(number);
            return JsonSerializer.Serialize(new { id = $"{split}-{number}", input = new { text = $"{text} {number}", text2 }, output });
        }));

    private static (string, string?, string) Mood(int n)
    {
        var happy = n % 2 == 0;
        var words = happy ? Good : Bad;
        return ($"the {Things[n % 4]} was {words[n % 5]}", null, happy ? "happy" : "unhappy");
    }

    private static (string, string?, string) SamePlace(int n)
    {
        var same = n % 3 != 0;
        return ($"we met at the {Places[n % 7]}", $"go to the {Places[(same ? n : n + 2) % 7]}", same ? "yes" : "no");
    }

    private static (string, string?, string) Slots(int n) => ($"from {Places[n % 7]} to {Places[(n + 3) % 7]}", null, $"place: {Places[n % 7]}; place: {Places[(n + 3) % 7]}");

    private static (string, string?, string) Title(int n) => ($"a {Good[n % 5]} {Things[n % 4]} near the {Places[n % 7]}", null, $"{Good[n % 5]} {Things[n % 4]}");
}
