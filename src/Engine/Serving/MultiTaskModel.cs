using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Engine.Checkpoints;
using Platform.Engine.Generation;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;
using TorchSharp;

namespace Platform.Engine.Serving;

/// <summary>A task that a model version serves.</summary>
/// <param name="Spec">The task.</param>
/// <param name="Adapter">Sub-folder of its own adapter, or null when the shared weights serve it.</param>
public sealed record ServedTask(TaskSpec Spec, string? Adapter);

/// <summary>A model version: the shared model, the adapters of isolated tasks, and the tasks it serves.</summary>
/// <remarks>
/// On disk: a Hugging Face folder, <c>adapters/&lt;task&gt;/</c> in PEFT's layout, and <c>tasks.json</c>. Not thread-safe: one
/// thread owns it.
/// </remarks>
public sealed class MultiTaskModel : IDisposable
{
    private const string TasksFile = "tasks.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    private readonly CausalLanguageModel _model;
    private readonly Predictor _predictor;
    private readonly Dictionary<string, LoraAdapter> _adapters = [];

    private MultiTaskModel(CausalLanguageModel model, Predictor predictor, IReadOnlyDictionary<string, ServedTask> tasks)
    {
        (_model, _predictor, Tasks) = (model, predictor, tasks);
    }

    /// <summary>The tasks by name.</summary>
    public IReadOnlyDictionary<string, ServedTask> Tasks { get; }

    /// <summary>Bytes of all weights in memory.</summary>
    public long SizeBytes => _model.SizeBytes + _adapters.Values.Sum(a => a.SizeBytes);

    /// <summary>Longest sequence, tokens.</summary>
    public int ContextTokens => _model.Config.ContextTokens;

    /// <summary>Loads a version.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="device">Where to put it; the CPU when null.</param>
    /// <exception cref="InvalidDataException">A file is missing or malformed.</exception>
    public static MultiTaskModel Load(string folder, torch.Device? device = null)
    {
        var path = Path.Combine(folder, TasksFile);
        if (!File.Exists(path))
            throw new InvalidDataException($"{folder} is not a model version: {TasksFile} is missing.");
        List<ServedTask> tasks;
        try
        {
            tasks = JsonSerializer.Deserialize<List<ServedTask>>(File.ReadAllText(path), Json)!;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }

        var model = HuggingFaceFolder.LoadModel(folder, device);
        try
        {
            var prompts = new PromptBuilder(Tokenizer.Load(folder), EndToken(model, folder));
            var loaded = new MultiTaskModel(model, new Predictor(model, prompts), tasks.ToDictionary(t => t.Spec.Name));
            foreach (var task in tasks.Where(t => t.Adapter is not null))
                loaded._adapters[task.Spec.Name] = PeftFolder.Load(Path.Combine(folder, task.Adapter!), model);
            return loaded;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Saves a version.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="model">The shared model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="tasks">The tasks, isolated ones with their adapter.</param>
    public static void Save(string folder, CausalLanguageModel model, Tokenizer tokenizer, IReadOnlyList<(TaskSpec Spec, LoraAdapter? Adapter)> tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        HuggingFaceFolder.Save(folder, model, tokenizer);
        var served = new List<ServedTask>();
        foreach (var (spec, adapter) in tasks)
        {
            var place = adapter is null ? null : $"adapters/{spec.Name}";
            if (adapter is not null)
                PeftFolder.Save(Path.Combine(folder, place!), adapter);
            served.Add(new ServedTask(spec, place));
        }

        AtomicFile.WriteText(Path.Combine(folder, TasksFile), JsonSerializer.Serialize(served, Json));
    }

    /// <summary>The id that ends an answer of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">Its folder, for the message.</param>
    /// <exception cref="InvalidDataException">config.json names none.</exception>
    public static int EndToken(CausalLanguageModel model, string folder)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Config.EndToken ?? throw new InvalidDataException($"{folder}: config.json has no eos_token_id, so an answer could never end.");
    }

    /// <summary>Tokens of an input's prompt.</summary>
    /// <param name="task">Name of the task.</param>
    /// <param name="text">The text.</param>
    /// <param name="text2">The second text, or null.</param>
    public int CountPromptTokens(string task, string text, string? text2) => _predictor.CountPromptTokens(Tasks[task].Spec, text, text2);

    /// <summary>Most tokens of a prompt of a task.</summary>
    /// <param name="task">Name of the task.</param>
    public int MaxPromptTokens(string task) => _predictor.MaxPromptTokens(Tasks[task].Spec);

    /// <summary>Answers inputs of any of its tasks; isolated tasks use their adapter.</summary>
    /// <param name="inputs">Task name and texts.</param>
    /// <param name="truncate">Cuts inputs that are too long instead of refusing them.</param>
    /// <param name="cancellationToken">Checked between forward passes.</param>
    /// <returns>An answer for each, in the same order.</returns>
    /// <exception cref="InputTooLongException">An input does not fit and <paramref name="truncate"/> is off.</exception>
    public IReadOnlyList<Answer> Predict(IReadOnlyList<(string Task, string Text, string? Text2)> inputs, bool truncate = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var answers = new Answer[inputs.Count];
        foreach (var group in Enumerable.Range(0, inputs.Count).GroupBy(i => _adapters.GetValueOrDefault(inputs[i].Task)))
        {
            int[] members = [.. group];
            using var used = group.Key?.Use(_model);
            IReadOnlyList<Answer> part;
            try
            {
                part = _predictor.Predict([.. members.Select(i => new PredictionInput(Tasks[inputs[i].Task].Spec, inputs[i].Text, inputs[i].Text2))], truncate, cancellationToken);
            }
            catch (InputTooLongException e)
            {
                throw new InputTooLongException(members[e.Index], e.Tokens, e.Limit);
            }

            foreach (var (i, answer) in members.Zip(part))
                answers[i] = answer;
        }

        return answers;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var adapter in _adapters.Values)
            adapter.Dispose();
        _model.Dispose();
    }
}
