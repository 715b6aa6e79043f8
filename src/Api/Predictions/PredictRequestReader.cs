using System.Text.Json;
using Platform.Api.Setup;
using Platform.Domain.Results;
using Platform.Engine.Tasks;

namespace Platform.Api.Predictions;

/// <summary>
/// Turns JSON into a request, or lists what is wrong with it by field. Written out rather than left to the serializer, whose
/// messages name .NET types and stop at the first problem.
/// </summary>
internal sealed class PredictRequestReader(TaskSpec task, ApiOptions options)
{
    private const int MostProblems = 20;
    private const int LongestId = 128;

    private static readonly string[] RequestFields = ["inputs", "top_k"];
    private static readonly string[] InputFields = ["id", "text", "text2"];

    private readonly List<Error> errors = [];

    public Result<PredictRequest> Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            return PredictErrors.WrongType("body", "an object", Name(root));
        CheckNames(root, "", RequestFields);
        var request = new PredictRequest { Inputs = ReadInputs(root), TopK = ReadTopK(root) };
        return errors.Count == 0 ? request : Result.Failure<PredictRequest>(errors.Take(MostProblems).ToList());
    }

    private List<PredictInput> ReadInputs(JsonElement root)
    {
        List<PredictInput> inputs = [];
        if (!root.TryGetProperty("inputs", out var list) || list.ValueKind == JsonValueKind.Null)
            errors.Add(PredictErrors.InputsMissing());
        else if (list.ValueKind != JsonValueKind.Array)
            errors.Add(PredictErrors.WrongType("inputs", "a list", Name(list)));
        else if (list.GetArrayLength() == 0)
            errors.Add(PredictErrors.InputsMissing());
        else if (list.GetArrayLength() > options.MaxInputs)
            errors.Add(PredictErrors.TooManyInputs(list.GetArrayLength(), options.MaxInputs));
        else
            inputs.AddRange(list.EnumerateArray().Select((item, index) => ReadInput(item, $"inputs[{index}]")).OfType<PredictInput>());
        return inputs;
    }

    private PredictInput? ReadInput(JsonElement item, string path)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            errors.Add(PredictErrors.WrongType(path, "an object with the field 'text'", Name(item)));
            return null;
        }

        CheckNames(item, path + ".", InputFields);
        var found = errors.Count;
        var id = ReadText(item, path, "id");
        var text = ReadText(item, path, "text");
        var text2 = ReadText(item, path, "text2");
        if (errors.Count > found)
            return null;

        if (id?.Length > LongestId)
            errors.Add(PredictErrors.IdTooLong($"{path}.id", id.Length, LongestId));
        if (string.IsNullOrWhiteSpace(text))
            errors.Add(PredictErrors.TextMissing($"{path}.text"));
        if (ComparesTwoTexts && string.IsNullOrWhiteSpace(text2))
            errors.Add(PredictErrors.Text2Missing($"{path}.text2", task.Name, Wire(task.Kind)));
        CheckLength(text, $"{path}.text");
        CheckLength(text2, $"{path}.text2");
        return new PredictInput { Id = id, Text = text ?? "", Text2 = string.IsNullOrWhiteSpace(text2) ? null : text2 };
    }

    private bool ComparesTwoTexts => task.Kind is TaskKind.PairClassification or TaskKind.Similarity;

    private int ReadTopK(JsonElement root)
    {
        if (!root.TryGetProperty("top_k", out var value) || value.ValueKind == JsonValueKind.Null)
            return PredictRequest.DefaultTopK;
        if (value.ValueKind != JsonValueKind.Number)
            errors.Add(PredictErrors.WrongType("top_k", "a number", Name(value)));
        else if (!value.TryGetInt32(out var topK) || topK < 0 || topK > options.MaxTopK)
            errors.Add(PredictErrors.TopKOutOfRange(value.GetRawText(), options.MaxTopK));
        else
            return topK;
        return PredictRequest.DefaultTopK;
    }

    private string? ReadText(JsonElement item, string path, string name)
    {
        if (!item.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind != JsonValueKind.String)
        {
            errors.Add(PredictErrors.WrongType($"{path}.{name}", "a string", Name(value)));
            return null;
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // An escape such as \ud83d without its second half.
            errors.Add(PredictErrors.WrongType($"{path}.{name}", "a string", "a string with half of a surrogate pair"));
            return null;
        }
    }

    private void CheckLength(string? text, string field)
    {
        if (text?.Length > options.MaxTextCharacters)
            errors.Add(PredictErrors.TextTooLong(field, text.Length, options.MaxTextCharacters));
    }

    private void CheckNames(JsonElement item, string path, string[] known) => errors.AddRange(item.EnumerateObject()
        .Where(property => !known.Contains(property.Name, StringComparer.Ordinal))
        .Take(MostProblems)
        .Select(property => PredictErrors.FieldUnknown(path + Shortened(property.Name), known)));

    private static string Shortened(string name) => name.Length <= 64 ? name : name[..64] + "...";

    /// <summary>The kind of a JSON value, in a sentence.</summary>
    internal static string Name(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    private static string Wire(TaskKind kind) => kind == TaskKind.PairClassification ? "pair-classification" : "similarity";
}
