using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;

namespace Platform.Architecture.Tests;

/// <summary>The YAML files under deploy/, read as JSON: there is one way to walk through all of them.</summary>
internal static class Manifests
{
    public static string Folder { get; } = Path.Combine(Solution.Root, "deploy");

    public static string Read(string path) => File.ReadAllText(Path.Combine(Folder, path));

    public static IReadOnlyList<string> Files(string folder, string pattern = "*.yaml") =>
        [.. Directory.EnumerateFiles(Path.Combine(Folder, folder), pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    /// <summary>All documents of a file, with its merge keys resolved.</summary>
    public static IReadOnlyList<JsonObject> Documents(string file)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(file)));
        return [.. stream.Documents.Select(document => Convert(document.RootNode)).OfType<JsonObject>()];
    }

    /// <summary>What Kubernetes gets, without the kustomizations.</summary>
    public static IEnumerable<JsonObject> Objects() => Files("kubernetes").Where(file => Path.GetFileName(file) != "kustomization.yaml").SelectMany(Documents);

    /// <summary>Of every object that makes pods.</summary>
    public static IEnumerable<(string Name, JsonObject Spec)> Pods() =>
        from made in Objects()
        let template = made["spec"]?["template"] ?? made["spec"]?["jobTemplate"]?["spec"]?["template"]
        where template?["spec"] is JsonObject
        select ((string)made["metadata"]!["name"]!, (JsonObject)template!["spec"]!);

    public static IEnumerable<(string Pod, JsonObject Container)> Containers() =>
        Pods().SelectMany(pod => Items(pod.Spec["containers"]).Select(container => (pod.Name, container)));

    public static IEnumerable<(string Name, JsonObject Service)> ComposeServices() =>
        ((JsonObject)Documents(Path.Combine(Folder, "compose", "compose.yaml")).Single()["services"]!).Select(service => (service.Key, (JsonObject)service.Value!));

    public static IEnumerable<JsonObject> Items(JsonNode? list) => list is JsonArray array ? array.OfType<JsonObject>() : [];

    public static string[] Texts(JsonNode? list) => list is JsonArray array ? [.. array.Select(item => (string)item!)] : [];

    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlScalarNode scalar => JsonValue.Create(scalar.Value ?? ""),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Select(Convert)]),
        YamlMappingNode mapping => Merge(mapping),
        _ => throw new InvalidOperationException($"Unknown YAML node {node.NodeType}."),
    };

    private static JsonObject Merge(YamlMappingNode mapping)
    {
        var made = new JsonObject();
        foreach (var (key, value) in mapping.Where(pair => ((YamlScalarNode)pair.Key).Value == "<<").Select(pair => (pair.Key, Convert(pair.Value)!.AsObject())))
            foreach (var (name, inherited) in value.ToList())
                made[name] = inherited?.DeepClone();
        foreach (var (key, value) in mapping)
            if (((YamlScalarNode)key).Value is { } name && name != "<<")
                made[name] = Convert(value);
        return made;
    }
}
