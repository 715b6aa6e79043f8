using System.Text.Json;

namespace Platform.Api.Upstreams;

/// <summary>Looks into answers that may be other than expected.</summary>
internal static class JsonPath
{
    /// <param name="path">Names of fields and places in lists.</param>
    /// <returns>Null where the way ends before.</returns>
    public static JsonElement? At(this JsonElement element, params ReadOnlySpan<object> path)
    {
        foreach (var step in path)
        {
            if (step is string name && element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var field))
                element = field;
            else if (step is int place && element.ValueKind == JsonValueKind.Array && place < element.GetArrayLength())
                element = element[place];
            else
                return null;
        }

        return element.ValueKind == JsonValueKind.Null ? null : element;
    }

    public static JsonElement? At(this JsonElement? element, params ReadOnlySpan<object> path) => element is { } found ? found.At(path) : null;
}
