namespace Platform.Cli.Tests;

/// <summary>A sound bundle of a few rows, and ways to spoil it.</summary>
internal static class TinyBundle
{
    public static string WriteTo(TestFolder folder, string name = "mood", string? task = null, string? train = null, string? validation = null)
    {
        folder.Write($"{name}/task.json", task ?? $$"""
            {"name": "{{name}}", "kind": "classification", "instruction": "Is the guest happy?", "labels": ["happy", "sad"], "metric": "accuracy", "owner": "kept"}
            """);
        folder.Write($"{name}/train.jsonl", train ?? Rows("train", 6));
        folder.Write($"{name}/validation.jsonl", validation ?? Rows("validation", 2));
        folder.Write($"{name}/test.jsonl", Rows("test", 2));
        return folder.At(name);
    }

    public static string Rows(string split, int count) => string.Concat(Enumerable.Range(1, count).Select(i =>
        $$"""{"id":"{{split}}-{{i}}","input":{"text":"{{split}} stay number {{i}} was {{(i % 2 == 0 ? "fine" : "poor")}}"},"output":"{{(i % 2 == 0 ? "happy" : "sad")}}"}""" + "\n"));
}
