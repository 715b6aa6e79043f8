using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Platform.Samples.Generator;

internal sealed record RowInput(string Text, string? Text2);

/// <summary>One line of a split, in the order in which the fields are written.</summary>
internal sealed record Row(string Id, RowInput Input, string Output, List<string>? References, List<string>? Tokens, List<string>? Tags)
{
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>What makes two rows the same to a reader: letters and digits, whatever the case and the punctuation.</summary>
    [JsonIgnore]
    public string Key => Normalise(Input.Text) + "|" + Normalise(Input.Text2 ?? "");

    public static string Normalise(string text) =>
        string.Join(' ', new string([.. text.ToLowerInvariant().Select(c => char.IsLetterOrDigit(c) ? c : ' ')])
            .Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
