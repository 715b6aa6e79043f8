using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Platform.Samples.Generator;

/// <summary>All sample files as bytes by path, relative to samples/.</summary>
internal static class Workspace
{
    public static readonly string[] Splits = ["train", "validation", "test"];

    private static readonly JsonSerializerOptions Indented = new(Row.Json) { WriteIndented = true, NewLine = "\n" };

    public static SortedDictionary<string, byte[]> Generate(string tasksFolder)
    {
        var words = Grammar.Load(Path.Combine(tasksFolder, "words.txt"));
        var teams = Grammar.Load(Path.Combine(tasksFolder, "workspace.txt"));
        var tasks = Directory.GetFiles(tasksFolder, "*-*.txt").Order(StringComparer.Ordinal)
            .Select(f => Grammar.Load(f, words)).ToList();

        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var seen = new HashSet<string>();
        foreach (var task in tasks)
        {
            var folder = $"{task.Setting("team")}/{task.Setting("name")}/";
            var rows = new RowSource(task, seen);
            files[folder + "task.json"] = Document(Describe(task));
            foreach (var split in Splits.Reverse())
                files[folder + split + ".jsonl"] = Lines(rows.Draw(split, Count(task, split)));
        }

        files["workspace.json"] = Document(Describe(teams, tasks));
        return files;
    }

    /// <summary>Validation is a tenth of the training rows within 24-150, test 15 % within 40-200.</summary>
    public static int Count(Grammar task, string split)
    {
        var train = int.Parse(task.Setting("train"));
        return split switch
        {
            "validation" => Math.Clamp(train / 10, 24, 150),
            "test" => Math.Clamp(train * 15 / 100, 40, 200),
            _ => train,
        };
    }

    private static JsonObject Describe(Grammar task)
    {
        var document = new JsonObject();
        foreach (var key in new[] { "name", "kind", "team", "description", "instruction" }) document[key] = task.Setting(key);
        var labels = task.Settings.TryGetValue("labels", out var types)
            ? types.Split(',', StringSplitOptions.TrimEntries)
            : task.Sections.Select(s => s.Label).Where(l => l.Length > 1);
        var list = new JsonArray([.. labels.Select(l => JsonValue.Create(l))]);
        if (list.Count > 0) document["labels"] = list;
        document["metric"] = task.Setting("metric");
        document["tolerance"] = task.Share("tolerance");
        document["language"] = "en";
        document["licence"] = "CC0-1.0";
        return document;
    }

    private static JsonObject Describe(Grammar workspace, List<Grammar> tasks) => new()
    {
        ["name"] = workspace.Setting("name"),
        ["description"] = workspace.Setting("description"),
        ["teams"] = new JsonArray([.. workspace.Sections.Select(team => new JsonObject
        {
            ["name"] = team.Label,
            ["display_name"] = team.Templates[0].Text,
            ["description"] = team.Templates[1].Text,
            ["bundles"] = new JsonArray([.. tasks.Where(t => t.Setting("team") == team.Label)
                .OrderByDescending(t => int.Parse(t.Setting("train")))
                .Select(t => JsonValue.Create($"{team.Label}/{t.Setting("name")}"))]),
        })]),
    };

    private static byte[] Document(JsonObject document) => Encoding.UTF8.GetBytes(document.ToJsonString(Indented) + "\n");

    private static byte[] Lines(List<Row> rows) =>
        Encoding.UTF8.GetBytes(string.Concat(rows.Select(r => JsonSerializer.Serialize(r, Row.Json) + "\n")));
}
