using System.Text.Json;

namespace Platform.Samples.Generator;

/// <summary>Reads the bundles as a stranger would and lists everything that the sample workspace promises and does not keep.</summary>
internal sealed class Check(string samplesFolder)
{
    private const int MaxTrainWords = 300_000;
    private const long MaxBytes = 4 * 1024 * 1024;
    private static readonly string[] SplitWords = [" ", "\n"];

    private readonly List<string> _problems = [];
    private readonly Dictionary<string, string> _keys = [];
    private int _trainWords;
    private int _tasks;

    public List<string> Problems()
    {
        using var workspace = JsonDocument.Parse(File.ReadAllText(Path.Combine(samplesFolder, "workspace.json")));
        var teams = workspace.RootElement.GetProperty("teams").EnumerateArray().ToList();
        Expect(teams.Count == 3, $"workspace.json: three teams expected, {teams.Count} found");
        foreach (var bundle in teams.SelectMany(t => t.GetProperty("bundles").EnumerateArray()))
            CheckBundle(bundle.GetString()!);

        Expect(_tasks == 11, $"workspace.json: 11 bundles expected, {_tasks} found");
        Expect(_trainWords <= MaxTrainWords, $"train splits: {_trainWords} words, at most {MaxTrainWords} allowed");
        var bytes = Directory.GetFiles(samplesFolder, "*.json*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);
        Expect(bytes < MaxBytes, $"samples: {bytes} bytes, at most {MaxBytes} allowed");
        return _problems;
    }

    private void CheckBundle(string bundle)
    {
        _tasks++;
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(samplesFolder, bundle, "task.json")));
        var task = document.RootElement;
        var kind = task.GetProperty("kind").GetString()!;
        var labels = task.TryGetProperty("labels", out var set) ? set.EnumerateArray().Select(l => l.GetString()!).ToHashSet() : [];
        Expect(task.GetProperty("instruction").GetString()!.Split(' ').Length <= 14, $"{bundle}: the instruction has more than 14 words");
        Expect(bundle.EndsWith("/" + task.GetProperty("name").GetString(), StringComparison.Ordinal), $"{bundle}: folder and name differ");

        var rows = Workspace.Splits.ToDictionary(s => s, s => Read(bundle, s));
        var train = rows["train"].Count;
        ExpectCount(bundle, "validation", rows["validation"].Count, Math.Clamp(train / 10, 24, 150));
        ExpectCount(bundle, "test", rows["test"].Count, Math.Clamp(train * 15 / 100, 40, 200));
        _trainWords += rows["train"].Sum(Words);

        var ids = new HashSet<string>();
        foreach (var (split, list) in rows)
        {
            foreach (var row in list) CheckRow($"{bundle}/{split}.jsonl {row.Id}", row, kind, labels, ids);
            if (!kind.EndsWith("classification", StringComparison.Ordinal)) continue;
            foreach (var label in labels)
                Expect(list.Any(r => r.Output == label), $"{bundle}/{split}.jsonl: no row of label '{label}'");
        }
    }

    private void CheckRow(string where, Row row, string kind, HashSet<string> labels, HashSet<string> ids)
    {
        Expect(ids.Add(row.Id), $"{where}: the id is not unique in its task");
        Expect(row.Output.Length > 0 && row.Input.Text.Length > 0, $"{where}: empty input or output");
        Expect(_keys.TryAdd(row.Key, where), $"{where}: the same text as {_keys[row.Key]}");
        Expect(Words(row) <= 90, $"{where}: longer than 90 words");
        Expect(!(row.Input.Text + row.Output).Any(c => c is '{' or '}' or '[' or ']' or '|' or '%' or >= '\uE000' and <= '\uF8FF'),
            $"{where}: a mark of the template notation was left in");
        Expect(kind.StartsWith("pair", StringComparison.Ordinal) == (row.Input.Text2 is not null), $"{where}: text2 does not fit the kind");
        if (kind.EndsWith("classification", StringComparison.Ordinal))
            Expect(labels.Contains(row.Output), $"{where}: label '{row.Output}' is not in the label set");
        if (kind is "tagging" or "extraction") CheckSpans(where, row, labels);
        if (kind == "tagging") CheckTags(where, row);
    }

    private void CheckSpans(string where, Row row, HashSet<string> labels)
    {
        if (row.Output == "none") return;
        foreach (var item in row.Output.Split("; "))
        {
            var (type, words) = (item[..item.IndexOf(':')], item[(item.IndexOf(':') + 2)..]);
            Expect(labels.Contains(type), $"{where}: span type '{type}' is not in the label set");
            Expect(row.Input.Text.Contains(words, StringComparison.Ordinal), $"{where}: '{words}' is not in the text");
        }
    }

    private void CheckTags(string where, Row row)
    {
        Expect(row.Tokens!.Count == row.Tags!.Count, $"{where}: as many tags as tokens expected");
        var spans = new List<Span>();
        for (var i = 0; i < row.Tags.Count; i++)
            if (row.Tags[i].StartsWith("B-", StringComparison.Ordinal))
                spans.Add(new Span(row.Tags[i][2..], 0, row.Tokens[i]));
            else if (row.Tags[i].StartsWith("I-", StringComparison.Ordinal))
                spans[^1] = spans[^1] with { Words = spans[^1].Words + " " + row.Tokens[i] };
        Expect(Spans.List(spans) == row.Output, $"{where}: tags say '{Spans.List(spans)}', the output says '{row.Output}'");
    }

    private List<Row> Read(string bundle, string split) =>
        [.. File.ReadLines(Path.Combine(samplesFolder, bundle, split + ".jsonl")).Select(l => JsonSerializer.Deserialize<Row>(l, Row.Json)!)];

    private static int Words(Row row) =>
        $"{row.Input.Text} {row.Input.Text2} {row.Output}".Split(SplitWords, StringSplitOptions.RemoveEmptyEntries).Length;

    private void ExpectCount(string bundle, string split, int found, int expected) =>
        Expect(found == expected, $"{bundle}/{split}.jsonl: {expected} rows expected, {found} found");

    private void Expect(bool kept, string problem)
    {
        if (!kept) _problems.Add(problem);
    }
}
