using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Platform.Domain.Runs.Recipes;

/// <summary>What is wrong with a YAML text, and where.</summary>
internal sealed class YamlProblemException(string message) : Exception(message);

/// <summary>
/// YAML's plain part (the core schema of YAML 1.2) as a tree: no tags, no anchors and no aliases, which a document of settings does
/// not need and which can make a small text grow without bounds.
/// </summary>
internal static partial class YamlReader
{
    /// <exception cref="YamlProblemException">The text is not such YAML.</exception>
    public static JsonNode? Read(string text)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
                return null;
            parser.Consume<DocumentStart>();
            var node = Node(parser, 1);
            parser.Consume<DocumentEnd>();
            return parser.Accept<StreamEnd>(out _) ? node : throw Problem(parser.Current!.Start, "a second document begins; a recipe is one");
        }
        catch (YamlException exception)
        {
            throw Problem(exception.Start, exception.Message.Split("): ", 2)[^1]);
        }
    }

    private static JsonNode? Node(Parser parser, int depth)
    {
        if (depth > RecipeDocument.MaxDepth)
            throw Problem(parser.Current!.Start, $"it is nested more than {RecipeDocument.MaxDepth} deep");
        if (parser.TryConsume<AnchorAlias>(out var alias))
            throw Problem(alias.Start, $"'*{alias.Value}' is an alias, which a recipe may not have; write the value out");
        if (parser.Accept<NodeEvent>(out var node) && (!node.Anchor.IsEmpty || !node.Tag.IsEmpty && !node.Tag.IsNonSpecific))
            throw Problem(node.Start, "anchors (&) and tags (!) are not allowed in a recipe; write the plain value");
        if (parser.TryConsume<Scalar>(out var scalar))
            return Value(scalar);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var list = new JsonArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
                list.Add(Node(parser, depth + 1));
            return list;
        }

        parser.Consume<MappingStart>();
        var map = new JsonObject();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.TryConsume<Scalar>(out var name) ? name : throw Problem(parser.Current!.Start, "a field's name must be plain text");
            if (map.ContainsKey(key.Value))
                throw Problem(key.Start, $"'{key.Value}' is there twice; leave one out");
            map[key.Value] = Node(parser, depth + 1);
        }

        return map;
    }

    private static JsonValue? Value(Scalar scalar)
    {
        var text = scalar.Value;
        if (scalar.Style != ScalarStyle.Plain)
            return JsonValue.Create(text);
        if (text is "" or "~" or "null" or "Null" or "NULL")
            return null;
        if (text is "true" or "True" or "TRUE" or "false" or "False" or "FALSE")
            return JsonValue.Create(text[0] is 't' or 'T');
        if (!Number().IsMatch(text))
            return JsonValue.Create(text);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
            ? JsonValue.Create(whole)
            : double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) is var number && double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(text);
    }

    /// <summary>Whether a text stays a text without quotes, by a rule that is stricter than YAML's own.</summary>
    public static bool IsPlainText(string text) =>
        PlainText().IsMatch(text) && !Number().IsMatch(text) && text.ToUpperInvariant() is not ("NULL" or "TRUE" or "FALSE" or "YES" or "NO" or "ON" or "OFF" or "Y" or "N");

    private static YamlProblemException Problem(Mark at, string what) => new($"The recipe is not valid YAML (line {at.Line}, column {at.Column}): {what.TrimEnd('.')}.");

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_./ -]*(?<! )\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainText();
}
