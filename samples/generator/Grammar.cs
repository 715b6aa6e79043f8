namespace Platform.Samples.Generator;

/// <summary>One line of a task file. Held-out lines are drawn for validation and test only, hard ones rarely.</summary>
internal sealed record Template(string Text, bool HeldOut, bool Hard);

/// <summary>The templates of one label, or of a whole task that has no labels.</summary>
internal sealed record Section(string Label, double Weight, List<Template> Templates);

/// <summary>
/// A task file: settings ("key: value"), word lists (":: name") and sections ("== label weight"). samples/README.md
/// describes the notation.
/// </summary>
internal sealed class Grammar
{
    public Dictionary<string, string> Settings { get; } = [];

    public Dictionary<string, List<Template>> Lists { get; } = [];

    public List<Section> Sections { get; } = [];

    public static Grammar Load(string path, Grammar? shared = null)
    {
        var grammar = new Grammar();
        foreach (var (name, words) in shared?.Lists ?? []) grammar.Lists[name] = words;

        List<Template>? current = null;
        var splits = false;
        foreach (var line in File.ReadLines(path).Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith("//", StringComparison.Ordinal)))
        {
            if (line.StartsWith(":: ", StringComparison.Ordinal))
            {
                grammar.Lists[line[3..]] = current = [];
                splits = true;
            }
            else if (line.StartsWith("== ", StringComparison.Ordinal))
            {
                var section = ReadSection(line[3..]);
                grammar.Sections.Add(section);
                current = section.Templates;
                splits = false;
            }
            else if (current is null)
            {
                var colon = line.IndexOf(':');
                grammar.Settings[line[..colon]] = line[(colon + 1)..].Trim();
            }
            else
                current.AddRange(ReadTemplates(line, splits));
        }

        return grammar;
    }

    public string Setting(string key) => Settings.TryGetValue(key, out var value) ? value : "";

    public double Share(string key) => Settings.TryGetValue(key, out var value) ? double.Parse(value) : 0;

    private static Section ReadSection(string heading)
    {
        var star = heading.LastIndexOf('*');
        return star < 0
            ? new Section(heading.Trim(), 1, [])
            : new Section(heading[..star].Trim(), double.Parse(heading[(star + 1)..]), []);
    }

    private static IEnumerable<Template> ReadTemplates(string line, bool splits)
    {
        var text = line.TrimStart('~', '!');
        var marks = line[..^text.Length];
        var parts = splits ? text.Split(" / ") : [text];
        return parts.Select(p => new Template(p.Trim(), marks.Contains('~'), marks.Contains('!')));
    }
}
