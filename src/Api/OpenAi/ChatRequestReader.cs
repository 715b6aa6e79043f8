using System.Text.Json;
using Platform.Api.Predictions;
using Platform.Api.Requests;
using Platform.Api.Serving;
using Platform.Api.Setup;
using Platform.Domain.Results;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Tasks;

namespace Platform.Api.OpenAi;

/// <summary>Turns the body of a chat completion into a task's input.</summary>
internal sealed class ChatRequestReader(ServedDeployment deployment, TaskSpec task, ApiOptions options)
{
    private static readonly string[] Names =
        [.. OptionsReader.Names, .. OptionsReader.WithoutEffect, "messages", "max_tokens", "max_completion_tokens", "top_logprobs", "response_format", "modalities", "tools", "tool_choice", "parallel_tool_calls"];

    private readonly List<Error> errors = [];

    public Result<CompletionRequest> Read(JsonElement root)
    {
        var fields = new FieldReader(root, "", errors);
        fields.CheckNames(Names);
        RefuseTools(fields);
        var reader = new OptionsReader(fields, deployment, task);
        var (stream, usage) = reader.ReadStream();
        var logprobs = fields.Flag("logprobs");
        var top = fields.Whole("top_logprobs", 0, SamplingOptions.MaximumTopLogProbabilities);
        if (top is not null && !logprobs)
            errors.Add(OpenAiErrors.Unsupported("top_logprobs", "it needs 'logprobs' to be true."));
        var most = fields.Whole("max_completion_tokens", 1, int.MaxValue) ?? fields.Whole("max_tokens", 1, int.MaxValue);
        var answers = reader.Read(most, logprobs ? (int)(top ?? 0) : -1, reader.ReadFormat());
        var texts = ReadMessages(fields);
        if (answers.Choices > options.MaxInputs)
            errors.Add(OpenAiErrors.TooManyChoices(answers.Choices, options.MaxInputs));
        if (errors.Count > 0)
            return Result.Failure<CompletionRequest>(errors);
        return new CompletionRequest(
            [.. Enumerable.Range(0, answers.Choices).Select(choice => new TaskInput(texts[0], texts.ElementAtOrDefault(1), answers.Of(choice)))], stream, usage, logprobs);
    }

    /// <summary>Empty lists and plain choices are what clients send who do not use tools.</summary>
    private void RefuseTools(FieldReader fields)
    {
        if (fields.Find("tools") is { } tools && !(tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() == 0))
            errors.Add(OpenAiErrors.Unsupported("tools", "a task answers with its label or text and calls nothing. Leave it out."));
        if (fields.Find("tool_choice") is { } choice && !(choice.ValueKind == JsonValueKind.String && choice.ValueEquals("none") || choice.ValueKind == JsonValueKind.String && choice.ValueEquals("auto")))
            errors.Add(OpenAiErrors.Unsupported("tool_choice", "a task calls no tools. Leave it out."));
        if (fields.Find("modalities") is { } modalities && !(modalities.ValueKind == JsonValueKind.Array && modalities.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String && item.ValueEquals("text"))))
            errors.Add(OpenAiErrors.Unsupported("modalities", "answers are text. Leave it out, or send [\"text\"]."));
    }

    private IReadOnlyList<string> ReadMessages(FieldReader fields)
    {
        if (fields.Find("messages") is not { } messages)
        {
            errors.Add(OpenAiErrors.Missing("messages", """send the input as [{"role":"user","content":"..."}]."""));
            return [];
        }

        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            errors.Add(PredictErrors.WrongType("messages", "a list with one message", messages.ValueKind == JsonValueKind.Array ? "an empty list" : PredictRequestReader.Name(messages)));
            return [];
        }

        IReadOnlyList<string> texts = [];
        foreach (var (index, message) in messages.EnumerateArray().Index())
        {
            if (message.ValueKind != JsonValueKind.Object)
            {
                errors.Add(PredictErrors.WrongType($"messages[{index}]", "an object", PredictRequestReader.Name(message)));
                return [];
            }

            var inside = new FieldReader(message, $"messages[{index}].", errors);
            var role = inside.Text("role") ?? "";
            if (role != "user" || index > 0)
            {
                errors.Add(role == "user" ? OneMessage(index) : OpenAiErrors.RoleRefused($"messages[{index}]", role.Length <= 32 ? role : role[..32]));
                return [];
            }

            inside.CheckNames("role", "content", "name");
            texts = ReadContent(inside);
        }

        return texts;
    }

    private static Error OneMessage(int index) => Error.Invalid(
        "messages_too_many", $"'messages[{index}]' is a second message. A task answers one input and keeps no conversation: send one message of the role 'user'.", $"messages[{index}]");

    private List<string> ReadContent(FieldReader message)
    {
        List<string> texts = [];
        if (message.Find("content") is not { } content)
            errors.Add(OpenAiErrors.Missing(message.Path("content"), "give the text to answer."));
        else if (content.ValueKind == JsonValueKind.Array)
            texts.AddRange(content.EnumerateArray().Select((part, i) => ReadPart(part, $"{message.Path("content")}[{i}]")).OfType<string>());
        else if (message.Text(content, message.Path("content")) is { } text)
            texts.Add(text);
        if (errors.Count == 0)
            errors.AddRange(InputTexts.Problems(task, options, message.Path("content"), texts));
        return texts;
    }

    private string? ReadPart(JsonElement part, string field)
    {
        if (part.ValueKind != JsonValueKind.Object)
        {
            errors.Add(PredictErrors.WrongType(field, "an object of the type text", PredictRequestReader.Name(part)));
            return null;
        }

        var inside = new FieldReader(part, field + ".", errors);
        var type = inside.Text("type");
        if (type is not "text")
        {
            errors.Add(OpenAiErrors.Unsupported(field, $"it is of the type '{(type?.Length <= 32 ? type : "?")}'; only parts of the type text are taken."));
            return null;
        }

        if (inside.Find("text") is null)
            errors.Add(OpenAiErrors.Missing(inside.Path("text"), "give the text to answer."));
        return inside.Text("text");
    }
}
