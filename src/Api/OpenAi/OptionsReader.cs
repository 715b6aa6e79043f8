using System.Globalization;
using System.Text.Json;
using Platform.Api.Serving;
using Platform.Domain.Results;
using Platform.Engine.Generation;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;

namespace Platform.Api.OpenAi;

/// <summary>How the answers of a request are made.</summary>
/// <param name="Options">Of the first answer to a prompt.</param>
/// <param name="Choices">Answers to each prompt.</param>
internal sealed record AnswerOptions(GenerationOptions Options, int Choices)
{
    /// <summary>Of one answer: each has a seed of its own, so that they differ and can be had again.</summary>
    /// <param name="choice">Its place among the answers to its prompt.</param>
    public GenerationOptions Of(int choice) => Options.Sampling is { Seed: { } seed } sampling && choice > 0
        ? Options with { Sampling = sampling with { Seed = unchecked(seed + choice) } }
        : Options;
}

/// <summary>Reads the fields that chat and text completions share.</summary>
/// <param name="fields">The body.</param>
/// <param name="deployment">What will answer.</param>
/// <param name="task">The task.</param>
internal sealed class OptionsReader(FieldReader fields, ServedDeployment deployment, TaskSpec task)
{
    /// <summary>Used or checked by this class.</summary>
    public static readonly string[] Names =
        ["model", "n", "temperature", "top_p", "seed", "stop", "presence_penalty", "frequency_penalty", "logit_bias", "stream", "stream_options", "logprobs"];

    /// <summary>Taken without effect: they are for the caller's own book-keeping, or say what is so anyway.</summary>
    public static readonly string[] WithoutEffect = ["user", "metadata", "store", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier"];

    private const int MostChoices = 128;

    /// <param name="maxTokens">Most tokens of an answer.</param>
    /// <param name="topLogprobs">As in <see cref="GenerationOptions.TopLogprobs"/>.</param>
    /// <param name="constraint">What the answers look like.</param>
    public AnswerOptions Read(long? maxTokens, int topLogprobs, Constraint? constraint)
    {
        var temperature = fields.Number("temperature", 0, 2) ?? 0;
        var sampling = new SamplingOptions
        {
            Temperature = temperature,
            TopP = fields.Number("top_p", 1e-9, 1) ?? 1,
            // A step that failed is computed again: the text must be the same then, so there always is a seed.
            Seed = fields.Whole("seed", long.MinValue, long.MaxValue) ?? (temperature > 0 ? Random.Shared.NextInt64() : 0),
            PresencePenalty = fields.Number("presence_penalty", -2, 2) ?? 0,
            FrequencyPenalty = fields.Number("frequency_penalty", -2, 2) ?? 0,
            LogitBias = ReadBias(),
        };
        var options = new GenerationOptions
        {
            Sampling = sampling,
            MaxTokens = (int?)maxTokens,
            Stop = ReadStop(),
            TopLogprobs = topLogprobs,
            Constraint = constraint,
        };
        return new AnswerOptions(options, (int)(fields.Whole("n", 1, MostChoices) ?? 1));
    }

    /// <summary>Whether the answer comes as it is made, and whether its usage follows.</summary>
    public (bool Stream, bool IncludeUsage) ReadStream()
    {
        var stream = fields.Flag("stream");
        if (fields.Inside("stream_options") is not { } options)
            return (stream, false);
        options.CheckNames("include_usage", "include_obfuscation");
        if (!stream)
            fields.Errors.Add(OpenAiErrors.Unsupported(fields.Path("stream_options"), "it says how to stream, and 'stream' is not true."));
        return (stream, options.Flag("include_usage"));
    }

    /// <summary><c>response_format</c>: null for free text.</summary>
    public Constraint? ReadFormat()
    {
        if (fields.Inside("response_format") is not { } format)
            return null;
        var type = format.Text("type");
        if (type is "json_object" or "json_schema" && task.Kind != TaskKind.Generation)
        {
            fields.Errors.Add(OpenAiErrors.Unsupported(fields.Path("response_format"), $"the task '{task.Name}' answers in a format of its own. Leave it out; only tasks of the kind generation can be told to write JSON."));
            return null;
        }

        switch (type)
        {
            case "text" or null:
                return null;
            case "json_object":
                format.CheckNames("type");
                return deployment.Model.Constraints.JsonObject(PromptBuilder.AnswerLayout);
            case "json_schema":
                format.CheckNames("type", "json_schema");
                return ReadSchema(format);
            default:
                fields.Errors.Add(OpenAiErrors.OutOfRange(format.Path("type"), $"'{type}'", "text, json_object or json_schema"));
                return null;
        }
    }

    private Constraint? ReadSchema(FieldReader format)
    {
        if (format.Inside("json_schema") is not { } outer)
        {
            fields.Errors.Add(OpenAiErrors.Missing(format.Path("json_schema"), "give an object with 'name' and 'schema'."));
            return null;
        }

        outer.CheckNames("name", "description", "schema", "strict");
        if (outer.Find("schema") is not { } schema)
        {
            fields.Errors.Add(OpenAiErrors.Missing(outer.Path("schema"), "give the JSON Schema that answers follow."));
            return null;
        }

        try
        {
            return deployment.Model.Constraints.JsonSchema(schema.GetRawText(), PromptBuilder.AnswerLayout);
        }
        catch (InvalidConstraintException exception)
        {
            fields.Errors.Add(OpenAiErrors.SchemaRefused(exception.Message));
            return null;
        }
    }

    private List<string> ReadStop()
    {
        if (fields.Find("stop") is not { } stop)
            return [];
        List<string> texts = [];
        if (stop.ValueKind == JsonValueKind.Array)
            texts.AddRange(stop.EnumerateArray().Select((item, i) => fields.Text(item, $"{fields.Path("stop")}[{i}]")).OfType<string>());
        else if (fields.Text(stop, fields.Path("stop")) is { } text)
            texts.Add(text);
        try
        {
            _ = new StopStrings(texts);
            return texts;
        }
        catch (ArgumentException exception)
        {
            fields.Errors.Add(Error.Invalid("stop_invalid", exception.Message.Split(" (Parameter")[0], fields.Path("stop")));
            return [];
        }
    }

    private Dictionary<int, double>? ReadBias()
    {
        if (fields.Find("logit_bias") is not { } biases || (biases.ValueKind == JsonValueKind.Object && !biases.EnumerateObject().Any()))
            return null;
        if (task.Kind != TaskKind.Generation)
        {
            fields.Errors.Add(OpenAiErrors.Unsupported(fields.Path("logit_bias"), $"the task '{task.Name}' does not write free text. Leave it out."));
            return null;
        }

        if (fields.Inside("logit_bias") is not { } inside)
            return null;
        Dictionary<int, double> found = [];
        foreach (var name in biases.EnumerateObject().Select(property => property.Name).Take(SamplingOptions.MaximumBiases + 1))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var token))
                fields.Errors.Add(OpenAiErrors.OutOfRange(fields.Path("logit_bias"), $"'{(name.Length <= 32 ? name : name[..32])}'", "the id of a token"));
            else if (inside.Number(name, -100, 100) is { } bias)
                found[token] = bias;
        }

        fields.Errors.AddRange(new SamplingOptions { LogitBias = found }.Problems(deployment.Model.Constraints.Vocabulary.Size)
            .Select(problem => Error.Invalid("field_out_of_range", problem.Message, problem.Field)));
        return found;
    }
}
