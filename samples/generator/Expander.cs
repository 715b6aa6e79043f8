using System.Text;

namespace Platform.Samples.Generator;

/// <summary>
/// Turns a template into one text: (a|b) picks, [a] is there half of the time, {list} draws from a list, {list!} draws once per row
/// and repeats, {list!2} is a second, different draw, {type=list} marks a span.
/// </summary>
internal sealed class Expander(Grammar grammar, SeededRandom random, bool heldOut)
{
    private readonly Dictionary<string, string> _remembered = [];

    public string Expand(string template)
    {
        var text = new StringBuilder();
        for (var i = 0; i < template.Length; i++)
        {
            var close = template[i] switch { '(' => ')', '[' => ']', '{' => '}', _ => '\0' };
            if (close == '\0')
            {
                text.Append(template[i]);
                continue;
            }

            var end = Closing(template, i, close);
            var inner = template[(i + 1)..end];
            if (close == '}') text.Append(Reference(Expand(inner)));
            else if (close == ')') text.Append(Expand(random.Pick(Alternatives(inner))));
            else if (random.Chance(0.5)) text.Append(Expand(inner));
            i = end;
        }

        return text.ToString();
    }

    private string Reference(string name)
    {
        var equals = name.IndexOf('=');
        var words = Draw(name[(equals + 1)..]);
        return equals < 0 ? words : Spans.Mark(name[..equals], words);
    }

    private string Draw(string name)
    {
        if (_remembered.TryGetValue(name, out var known)) return known;

        var bang = name.IndexOf('!');
        var list = bang < 0 ? name : name[..bang];
        if (!grammar.Lists.TryGetValue(list, out var entries))
            throw new InvalidDataException($"No list named '{list}'.");
        if (!heldOut) entries = [.. entries.Where(e => !e.HeldOut)];
        if (bang < 0) return Expand(random.Pick(entries).Text);

        var taken = _remembered.Where(r => r.Key.StartsWith(list + "!", StringComparison.Ordinal)).Select(r => r.Value).ToHashSet();
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var drawn = Expand(random.Pick(entries).Text);
            if (taken.Contains(drawn)) continue;
            return _remembered[name] = drawn;
        }

        throw new InvalidDataException($"The list '{list}' is too short for '{name}'.");
    }

    private static int Closing(string template, int start, char close)
    {
        var depth = 0;
        for (var i = start; i < template.Length; i++)
        {
            if (template[i] == template[start]) depth++;
            else if (template[i] == close && --depth == 0) return i;
        }

        throw new InvalidDataException($"No '{close}' for position {start} of: {template}");
    }

    private static List<string> Alternatives(string inner)
    {
        var (parts, depth, from) = (new List<string>(), 0, 0);
        for (var i = 0; i < inner.Length; i++)
        {
            if (inner[i] is '(' or '[' or '{') depth++;
            else if (inner[i] is ')' or ']' or '}') depth--;
            else if (inner[i] == '|' && depth == 0)
            {
                parts.Add(inner[from..i]);
                from = i + 1;
            }
        }

        parts.Add(inner[from..]);
        return parts;
    }
}
