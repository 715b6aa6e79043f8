using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Platform.Api.Predictions;

[Description("Inputs of one task.")]
internal sealed record PredictRequest
{
    [Required, Description("1 to 128 inputs (a setting of the server); all are answered, in this order, or none.")]
    public required IReadOnlyList<PredictInput> Inputs { get; init; }

    [Description("How many labels 'alternatives' lists, best first; the best one is the output itself. 0 to 1000 (a setting of the server), 3 when left out. Tasks that generate text have none.")]
    public int TopK { get; init; } = DefaultTopK;

    public const int DefaultTopK = 3;
}

[Description("One text to answer, or two for tasks that compare.")]
internal sealed record PredictInput
{
    [Description("Yours; comes back with the prediction. At most 128 characters.")]
    public string? Id { get; init; }

    [Required, Description("The text.")]
    public required string Text { get; init; }

    [JsonPropertyName("text2"), Description("The second text; needed by tasks of the kinds pair-classification and similarity.")]
    public string? Text2 { get; init; }
}
