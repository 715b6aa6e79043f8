using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Platform.Domain.Runs.Recipes;

public enum RecipeFieldKind
{
    Section,
    Text,
    Whole,
    Number,
    Flag,
    Choice,

    /// <summary>A list of objects with <see cref="RecipeField.Fields"/>.</summary>
    List,

    /// <summary>Objects with <see cref="RecipeField.Fields"/> by a task's name, or numbers where it has none.</summary>
    ByTask,
}

/// <summary>One field of the recipe's document, as its property and its <see cref="SettingAttribute"/> say.</summary>
/// <param name="Path">Such as <c>stage2.mixing.cap</c>; parts of list items and maps have <c>[]</c> and <c>{}</c> in place of the item.</param>
/// <param name="IsOptional">May be null, which means left out.</param>
/// <param name="IsRequired">Has no default: an item without it is none.</param>
public sealed record RecipeField(string Path, string Name, RecipeFieldKind Kind, SettingAttribute Setting, bool IsOptional, bool IsRequired, IReadOnlyList<string> Choices, IReadOnlyList<RecipeField> Fields)
{
    /// <summary>The document's own fields.</summary>
    public static IReadOnlyList<RecipeField> Root { get; } = Of(typeof(Recipe), "");

    /// <summary>Every field in the order of the document, sections before their parts.</summary>
    public static IReadOnlyList<RecipeField> All { get; } = [.. Root.SelectMany(Flatten)];

    /// <summary>What holds when the field is left out, as JSON; null for nothing.</summary>
    public JsonNode? Default => IsRequired || Path.Contains('[', StringComparison.Ordinal) || Path.Contains('{', StringComparison.Ordinal) ? null : ValueIn(DefaultDocument, Path);

    /// <summary>The default in a word: <c>0.35</c>, <c>none</c> for nothing.</summary>
    public string DefaultText => Kind is RecipeFieldKind.Section ? ""
        : IsRequired ? "required"
        : Default switch
        {
            null or JsonArray { Count: 0 } or JsonObject { Count: 0 } => "none",
            JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
            var other => other.ToJsonString(),
        };

    /// <summary>The allowed values in words; empty where any will do.</summary>
    public string Range => Kind switch
    {
        RecipeFieldKind.Choice => string.Join(", ", Choices),
        RecipeFieldKind.Flag => "true, false",
        RecipeFieldKind.Text when !double.IsNaN(Setting.High) => $"up to {RecipeRange.Words(Setting.High)} characters",
        _ when double.IsNaN(Setting.Low) => "",
        _ when Setting.Low == Setting.High => RecipeRange.Words(Setting.Low),
        _ => $"{RecipeRange.Words(Setting.Low)} to {RecipeRange.Words(Setting.High)}",
    };

    private static JsonObject DefaultDocument { get; } = new Recipe().ToDocument();

    public static JsonNode? ValueIn(JsonObject document, string path)
    {
        JsonNode? at = document;
        foreach (var part in path.Split('.'))
            at = (at as JsonObject)?[part];
        return at;
    }

    private static IEnumerable<RecipeField> Flatten(RecipeField field) => field.Fields.SelectMany(Flatten).Prepend(field);

    private static IReadOnlyList<RecipeField> Of(Type type, string prefix)
    {
        var nullability = new NullabilityInfoContext();
        return [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => (Property: property, Setting: property.GetCustomAttribute<SettingAttribute>()))
            .Where(found => found.Setting is not null)
            .Select(found => Of(found.Property, found.Setting!, prefix, nullability))];
    }

    private static RecipeField Of(PropertyInfo property, SettingAttribute setting, string prefix, NullabilityInfoContext nullability)
    {
        var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
        var path = prefix + name;
        var isOptional = nullability.Create(property).ReadState == NullabilityState.Nullable;
        var isRequired = property.GetCustomAttribute<System.Runtime.CompilerServices.RequiredMemberAttribute>() is not null;
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var (kind, fields) = KindOf(type, path);
        return new RecipeField(path, name, kind, setting, isOptional, isRequired, type.IsEnum ? [.. Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName)] : [], fields);
    }

    private static (RecipeFieldKind, IReadOnlyList<RecipeField>) KindOf(Type type, string path)
    {
        if (type.IsEnum)
            return (RecipeFieldKind.Choice, []);
        if (type == typeof(string))
            return (RecipeFieldKind.Text, []);
        if (type == typeof(bool))
            return (RecipeFieldKind.Flag, []);
        if (type == typeof(int) || type == typeof(long))
            return (RecipeFieldKind.Whole, []);
        if (type == typeof(double))
            return (RecipeFieldKind.Number, []);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return (RecipeFieldKind.List, Of(type.GetGenericArguments()[0], path + "[]."));
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
            return (RecipeFieldKind.ByTask, type.GetGenericArguments()[1] == typeof(double) ? [] : Of(type.GetGenericArguments()[1], path + "{}."));
        return (RecipeFieldKind.Section, Of(type, path + "."));
    }
}
