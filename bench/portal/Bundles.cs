using System.Globalization;
using System.Text;

namespace Platform.PortalBench;

/// <summary>Made-up tasks: every row of every task is different, and most words come again and again, as in real text.</summary>
internal static class Bundles
{
    private static readonly string[] Words = [.. "the order parcel hotel room came late early broken fine with again refund wanted please thanks money days week two card paid number would like to know why not my is and it was very"
        .Split(' ')];

    private static readonly string[] Labels = ["complaint", "praise", "question", "cancellation", "refund", "other"];

    public static string NameOf(int task) => string.Create(CultureInfo.InvariantCulture, $"task-{task:000}");

    /// <returns>The bundle's folder.</returns>
    public static string Write(string folder, int task, long rows)
    {
        var bundle = Path.Combine(folder, NameOf(task));
        Directory.CreateDirectory(bundle);
        File.WriteAllText(Path.Combine(bundle, "task.json"), $$"""
            {"name": "{{NameOf(task)}}", "kind": "classification", "instruction": "What does message number {{task}} want?", "labels": ["{{string.Join("\", \"", Labels)}}"], "metric": "macro_f1"}
            """);
        var held = Math.Max(30, rows / 20);
        WriteSplit(bundle, "train", task, 0, rows - (2 * held));
        WriteSplit(bundle, "validation", task, rows - (2 * held), held);
        WriteSplit(bundle, "test", task, rows - held, held);
        return bundle;
    }

    private static void WriteSplit(string bundle, string split, int task, long from, long rows)
    {
        using var file = new StreamWriter(Path.Combine(bundle, $"{split}.jsonl"));
        var text = new StringBuilder();
        for (var row = from; row < from + rows; row++)
        {
            var random = new Random(unchecked((int)(row * 200) + task));
            text.Clear().Append(CultureInfo.InvariantCulture, $"{NameOf(task)} {row}:");
            for (var words = random.Next(8, 40); words > 0; words--)
                text.Append(' ').Append(Words[random.Next(Words.Length)]);
            file.Write(string.Create(CultureInfo.InvariantCulture, $"{{\"id\":\"{row}\",\"input\":{{\"text\":\"{text}\"}},\"output\":\"{Labels[random.Next(Labels.Length)]}\"}}\n"));
        }
    }
}
