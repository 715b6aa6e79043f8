using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Platform.Domain.Sampling;

/// <summary>
/// A sample as a line of JSONL: a row as datasets have them, with what else is known of it. Corrected by hand, it can be uploaded as data.
/// </summary>
public static class SampleLine
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(SampleView sample)
    {
        var line = new JsonObject { ["id"] = sample.Id.ToString() };
        if (sample.Content is { } content)
        {
            line["input"] = content.Text2 is null ? new JsonObject { ["text"] = content.Text } : new JsonObject { ["text"] = content.Text, ["text2"] = content.Text2 };
            line["output"] = content.Output;
        }

        line["score"] = sample.Score;
        line["abstained"] = sample.Abstained;
        line["model_version"] = sample.ModelVersion;
        line["sampled_at"] = sample.SampledAt.UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        line["request_id"] = sample.RequestId;
        return line.ToJsonString(Json);
    }
}
