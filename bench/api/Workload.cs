using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.BaseModelBench;
using Platform.Engine.Tasks;

namespace Platform.ApiBench;

/// <summary>One input of one task.</summary>
internal sealed record Input(string Task, string Text, string? Text2)
{
    /// <summary>The body of its request.</summary>
    public byte[] Body { get; } = JsonSerializer.SerializeToUtf8Bytes(new { inputs = new[] { new { text = Text, text2 = Text2 } } });
}

/// <summary>
/// Tasks with labels and their test inputs, drawn evenly from all of them. Tasks beyond those of the bundles are copies under other
/// names that get no traffic: they are there to be carried.
/// </summary>
internal sealed class Workload
{
    private const int CopiedRows = 24;

    private readonly List<TaskData> busy;
    private readonly List<(string Folder, string Name)> copies = [];

    public Workload(string bundles, int tasks)
    {
        var folders = Directory.EnumerateFiles(bundles, "task.json", SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file)!).Order(StringComparer.Ordinal).ToList();
        var read = folders.Select(folder => (Folder: folder, Data: Bundle.Read(folder, int.MaxValue))).Where(task => task.Data.Spec.IsClosed).ToList();
        if (read.Count == 0)
            throw new InvalidDataException($"{bundles} has no bundle of a task with labels.");
        busy = [.. read.Select(task => task.Data)];
        for (var index = 0; busy.Count + copies.Count < tasks; index++)
            copies.Add((read[index % read.Count].Folder, $"{read[index % read.Count].Data.Spec.Name}-copy-{(index / read.Count) + 1}"));
        Busy = [.. read.Select(task => task.Folder)];
    }

    /// <summary>Folders of the bundles that get traffic.</summary>
    public IReadOnlyList<string> Busy { get; }

    /// <summary>As the engine knows them, copies included.</summary>
    public IReadOnlyList<TaskSpec> Specs => [.. busy.Select(task => task.Spec), .. copies.Select(copy => busy.Single(task => copy.Name.StartsWith(task.Spec.Name + "-copy-", StringComparison.Ordinal)).Spec with { Name = copy.Name })];

    /// <summary>All inputs that traffic is drawn from.</summary>
    public IEnumerable<Input> Rows => busy.SelectMany(task => task.Test.Select(row => new Input(task.Spec.Name, row.Text, row.Text2)));

    /// <summary>An endless row of inputs, the same for every caller with the same seed.</summary>
    public IEnumerable<Input> Inputs(int seed)
    {
        var random = new Random(seed);
        while (true)
        {
            var task = busy[random.Next(busy.Count)];
            var row = task.Test[random.Next(task.Test.Count)];
            yield return new Input(task.Spec.Name, row.Text, row.Text2);
        }
    }

    /// <summary>Writes the copies as bundles; a few rows are enough for a task without traffic.</summary>
    public IEnumerable<string> WriteCopies(string folder)
    {
        foreach (var (source, name) in copies)
        {
            var target = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            var task = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "task.json")))!.AsObject();
            task["name"] = name;
            File.WriteAllText(Path.Combine(target, "task.json"), task.ToJsonString());
            foreach (var split in new[] { "train.jsonl", "validation.jsonl", "test.jsonl" })
                File.WriteAllLines(Path.Combine(target, split), File.ReadLines(Path.Combine(source, split)).Take(CopiedRows));
            yield return target;
        }
    }
}
