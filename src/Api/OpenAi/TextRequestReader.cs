using System.Text.Json;
using Platform.Api.Predictions;
using Platform.Api.Requests;
using Platform.Api.Serving;
using Platform.Api.Setup;
using Platform.Domain.Results;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Tasks;

namespace Platform.Api.OpenAi;

/// <summary>Turns the body of a text completion into a task's inputs, one for each prompt.</summary>
internal sealed class TextRequestReader(ServedDeployment deployment, TaskSpec task, ApiOptions options)
{
    private static readonly string[] Names = [.. OptionsReader.Names, .. OptionsReader.WithoutEffect, "prompt", "max_tokens", "echo", "best_of", "suffix"];

    private readonly List<Error> errors = [];

    public Result<CompletionRequest> Read(JsonElement root)
    {
        var fields = new FieldReader(root, "", errors);
        fields.CheckNames(Names);
        if (fields.Flag("echo"))
            errors.Add(OpenAiErrors.Unsupported("echo", "the prompt holds the task's instruction, which is not the caller's. Leave it out."));
        if (fields.Text("suffix") is { Length: > 0 })
            errors.Add(OpenAiErrors.Unsupported("suffix", "a task answers an input and fills no gaps. Leave it out."));
        var reader = new OptionsReader(fields, deployment, task);
        var (stream, usage) = reader.ReadStream();
        var logprobs = fields.Whole("logprobs", 0, SamplingOptions.MaximumTopLogProbabilities);
        var answers = reader.Read(fields.Whole("max_tokens", 1, int.MaxValue), (int)(logprobs ?? -1), constraint: null);
        if (fields.Whole("best_of", 1, int.MaxValue) is { } best && best != answers.Choices)
            errors.Add(OpenAiErrors.Unsupported("best_of", "every answer that is made is given. Leave it out and use 'n'."));
        var prompts = ReadPrompts(fields);
        if (prompts.Count * answers.Choices > options.MaxInputs)
            errors.Add(OpenAiErrors.TooManyChoices(prompts.Count * answers.Choices, options.MaxInputs));
        if (errors.Count > 0)
            return Result.Failure<CompletionRequest>(errors);
        return new CompletionRequest(
            [.. prompts.SelectMany(prompt => Enumerable.Range(0, answers.Choices).Select(choice => new TaskInput(prompt, null, answers.Of(choice))))],
            stream, usage, logprobs is not null);
    }

    private List<string> ReadPrompts(FieldReader fields)
    {
        if (fields.Find("prompt") is not { } prompt)
        {
            errors.Add(OpenAiErrors.Missing("prompt", "give the text to answer, or a list of texts."));
            return [];
        }

        if (prompt.ValueKind == JsonValueKind.String)
            return Checked(prompt, "prompt");
        if (prompt.ValueKind != JsonValueKind.Array || prompt.GetArrayLength() == 0)
            errors.Add(PredictErrors.WrongType("prompt", "a string or a list of strings", prompt.ValueKind == JsonValueKind.Array ? "an empty list" : PredictRequestReader.Name(prompt)));
        else if (prompt[0].ValueKind is JsonValueKind.Number or JsonValueKind.Array)
            errors.Add(OpenAiErrors.Unsupported("prompt", "it holds token ids. Send the text itself."));
        else
            return [.. prompt.EnumerateArray().SelectMany((item, i) => Checked(item, $"prompt[{i}]"))];
        return [];

        List<string> Checked(JsonElement item, string field)
        {
            if (fields.Text(item, field) is not { } text)
                return [];
            errors.AddRange(InputTexts.Problems(task, options, field, [text]));
            return [text];
        }
    }
}
