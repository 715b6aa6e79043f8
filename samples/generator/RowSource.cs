namespace Platform.Samples.Generator;

/// <summary>Draws the rows of one task. No text is drawn twice, in whatever spelling, split or task.</summary>
internal sealed class RowSource(Grammar task, HashSet<string> seen)
{
    private const int MaxAttempts = 400;
    private readonly SeededRandom _random = new("samples/" + task.Setting("name"));

    public List<Row> Draw(string split, int count)
    {
        var heldOut = split != "train";
        return [.. Enumerable.Range(1, count).Select(n => DrawRow($"{split}-{n}", heldOut))];
    }

    private Row DrawRow(string id, bool heldOut)
    {
        var section = PickSection();
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var (core, output) = Cut(new Expander(task, _random, heldOut).Expand(PickTemplate(section, heldOut)), "=>");
            var row = Finish(id, section.Label, core, output);
            // The bare text counts too: "hi, cancel my trip" must not repeat "Cancel my trip" in another split.
            var keys = new[] { Row.Normalise(Spans.Read(core).Text), row.Key };
            if (keys.Any(seen.Contains)) continue;
            seen.UnionWith(keys);
            return row;
        }

        throw new InvalidDataException($"{task.Setting("name")}: '{section.Label}' has too few different texts; add templates or words.");
    }

    private Row Finish(string id, string label, string core, string output)
    {
        var (first, second) = Cut(Spelling.Join(core), "|||");
        var (text, spans) = Spans.Read(Dress(first));
        var text2 = second.Length == 0 ? null : Dress(second);
        var input = new RowInput(text, text2);
        switch (task.Setting("kind"))
        {
            case "generation":
                var answers = Spelling.Join(output).Split(" %% ").Select(Spelling.Capitalise).ToList();
                return new Row(id, input, answers[0], answers.Count > 1 ? answers[1..] : null, null, null);
            case "tagging":
                var (tokens, tags) = Spans.Tag(text, spans);
                return new Row(id, input, Spans.List(spans), null, tokens, tags);
            case "extraction":
                return new Row(id, input, Spans.List(spans), null, null, null);
            default:
                return new Row(id, input, label, null, null, null);
        }
    }

    /// <summary>Adds what people write around the point, and their spelling.</summary>
    private string Dress(string text)
    {
        if (task.Setting("style") == "record") return text;
        text = Spelling.Ask(text);
        foreach (var (place, before) in new[] { ("aside", _random.Chance(0.5)), ("lead", true), ("closing", false) })
            if (_random.Chance(task.Share(place)))
            {
                var extra = new Expander(task, _random, heldOut: false).Expand("{" + place + "}");
                text = before ? $"{extra} {text}" : $"{text} {extra}";
            }

        return Spelling.Roughen(Spelling.Capitalise(Spelling.Join(text)), task, _random);
    }

    private Section PickSection()
    {
        var at = _random.NextDouble() * task.Sections.Sum(s => s.Weight);
        foreach (var section in task.Sections)
            if ((at -= section.Weight) < 0)
                return section;
        return task.Sections[^1];
    }

    private string PickTemplate(Section section, bool heldOut)
    {
        var hard = _random.Chance(task.Share("hard"));
        var unseen = heldOut && _random.Chance(task.Share("unseen"));
        var fitting = section.Templates.Where(t => heldOut || !t.HeldOut).ToList();
        var wanted = fitting.Where(t => t.Hard == hard && (hard || t.HeldOut == unseen)).ToList();
        if (wanted.Count == 0) wanted = [.. fitting.Where(t => !t.Hard)];
        return _random.Pick(wanted).Text;
    }

    private static (string Before, string After) Cut(string text, string mark)
    {
        var at = text.IndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? (text, "") : (text[..at].Trim(), text[(at + mark.Length)..].Trim());
    }
}
