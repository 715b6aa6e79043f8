using Platform.Api.Predictions;
using Platform.Api.Setup;
using Platform.Domain.Results;
using Platform.Engine.Tasks;

namespace Platform.Api.OpenAi;

/// <summary>What the texts of a task's input have to fulfil on OpenAI's paths, where they have no names.</summary>
internal static class InputTexts
{
    public static IEnumerable<Error> Problems(TaskSpec task, ApiOptions options, string field, IReadOnlyList<string> texts)
    {
        var compares = task.Kind is TaskKind.PairClassification or TaskKind.Similarity;
        if (texts.Count > 2)
            yield return Error.Invalid("parts_too_many", $"'{field}' has {texts.Count} parts; an input is one text, or two for tasks that compare.", field);
        if (texts.Count == 0 || texts.Any(string.IsNullOrWhiteSpace))
            yield return PredictErrors.TextMissing(field);
        else if (compares && texts.Count < 2)
            yield return Error.Invalid(
                "text2_missing",
                $$"""'{{field}}' holds one text; the task '{{task.Name}}' compares two. Send a chat completion whose content is two parts: [{"type":"text","text":"..."},{"type":"text","text":"..."}].""", field);
        foreach (var text in texts.Where(text => text.Length > options.MaxTextCharacters))
            yield return PredictErrors.TextTooLong(field, text.Length, options.MaxTextCharacters);
    }
}
