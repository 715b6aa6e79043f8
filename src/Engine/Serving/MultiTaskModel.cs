using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Engine.Checkpoints;
using Platform.Engine.Generation;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Inference;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using Platform.Engine.Tokenization;
using TorchSharp;

namespace Platform.Engine.Serving;

/// <summary>A task that a model version serves.</summary>
/// <param name="Spec">The task.</param>
/// <param name="Adapter">Sub-folder of its own adapter, or null when the shared weights serve it.</param>
/// <param name="Temperature">What the labels' log-probabilities are divided by, so that scores can be believed; null for 1.</param>
public sealed record ServedTask(TaskSpec Spec, string? Adapter, double? Temperature = null);

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

    private readonly Predictor _predictor;
    private readonly PromptBuilder _prompts;
    private readonly List<IDisposable> _owned;

    private MultiTaskModel(Predictor predictor, PromptBuilder prompts, List<IDisposable> owned, int contextTokens, IReadOnlyDictionary<string, ServedTask> tasks)
    {
        (_predictor, _prompts, _owned, ContextTokens, Tasks) = (predictor, prompts, owned, contextTokens, tasks);
    }

    /// <summary>The tasks by name.</summary>
    public IReadOnlyDictionary<string, ServedTask> Tasks { get; }

    /// <summary>Bytes of all weights in memory.</summary>
    public long SizeBytes => _predictor.SizeBytes;

    /// <summary>Longest sequence, tokens.</summary>
    public int ContextTokens { get; }

    /// <summary>Makes constraints for <see cref="GenerationOptions.Constraint"/>; may be used by any thread, also after the model is gone. Pass <see cref="PromptBuilder.AnswerLayout"/>.</summary>
    public ConstraintCache Constraints => _prompts.Constraints;

    /// <summary>Whether no input waits or is being computed.</summary>
    public bool IsIdle => _predictor.IsIdle;

    /// <summary>Loads a version.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="device">Where to put it; the CPU when null.</param>
    /// <param name="options">Memory and limits on the CPU; the defaults when null.</param>
    /// <exception cref="InvalidDataException">A file is missing or malformed.</exception>
    public static MultiTaskModel Load(string folder, torch.Device? device = null, InferenceOptions? options = null)
    {
        var tasks = ReadTasks(folder);
        var model = HuggingFaceFolder.LoadModel(folder, device);
        var adapters = new Dictionary<string, LoraAdapter>(StringComparer.Ordinal);
        List<IDisposable> loaded = [model];
        try
        {
            var prompts = new PromptBuilder(Tokenizer.Load(folder), EndToken(model.Config, folder));
            foreach (var task in tasks.Where(t => t.Adapter is not null))
            {
                adapters[task.Spec.Name] = PeftFolder.Load(Path.Combine(folder, task.Adapter!), model);
                loaded.Add(adapters[task.Spec.Name]);
            }

            var predictor = new Predictor(model, prompts, adapters, options, Temperatures(tasks, folder));
            if (!predictor.UsesModel)
            {
                // The weights are packed; keeping them twice would double the memory.
                loaded.ForEach(part => part.Dispose());
                loaded.Clear();
            }

            return new MultiTaskModel(predictor, prompts, loaded, model.Config.ContextTokens, tasks.ToDictionary(t => t.Spec.Name));
        }
        catch
        {
            loaded.ForEach(part => part.Dispose());
            throw;
        }
    }

    /// <summary>Saves a version.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="model">The shared model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="tasks">The tasks, isolated ones with their adapter.</param>
    /// <param name="temperatures">Fitted temperatures by the name of the task; null for none.</param>
    public static void Save(
        string folder, CausalLanguageModel model, Tokenizer tokenizer, IReadOnlyList<(TaskSpec Spec, LoraAdapter? Adapter)> tasks,
        IReadOnlyDictionary<string, double>? temperatures = null)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        HuggingFaceFolder.Save(folder, model, tokenizer);
        var served = new List<ServedTask>();
        foreach (var (spec, adapter) in tasks)
        {
            var place = adapter is null ? null : $"adapters/{spec.Name}";
            if (adapter is not null)
                PeftFolder.Save(Path.Combine(folder, place!), adapter);
            served.Add(new ServedTask(spec, place, temperatures is not null && temperatures.TryGetValue(spec.Name, out var temperature) ? temperature : null));
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
        return EndToken(model.Config, folder);
    }

    internal static int EndToken(ModelConfig config, string folder) =>
        config.EndToken ?? throw new InvalidDataException($"{folder}: config.json has no eos_token_id, so an answer could never end.");

    internal static List<ServedTask> ReadTasks(string folder)
    {
        var path = Path.Combine(folder, TasksFile);
        if (!File.Exists(path))
            throw new InvalidDataException($"{folder} is not a model version: {TasksFile} is missing.");
        try
        {
            return JsonSerializer.Deserialize<List<ServedTask>>(File.ReadAllText(path), Json)!;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    internal static Dictionary<string, double> Temperatures(IEnumerable<ServedTask> tasks, string folder) =>
        tasks.Where(task => task.Temperature is not null).ToDictionary(task => task.Spec.Name, task => Temperature(task, Path.Combine(folder, TasksFile)), StringComparer.Ordinal);

    /// <summary>Tokens of an input's prompt.</summary>
    /// <param name="task">Name of the task.</param>
    /// <param name="text">The text.</param>
    /// <param name="text2">The second text, or null.</param>
    public int CountPromptTokens(string task, string text, string? text2) => _predictor.CountPromptTokens(Tasks[task].Spec, text, text2);

    /// <summary>Most tokens of a prompt of a task.</summary>
    /// <param name="task">Name of the task.</param>
    public int MaxPromptTokens(string task) => _predictor.MaxPromptTokens(Tasks[task].Spec);

    /// <summary>Answers inputs of any of its tasks; isolated tasks use their adapter.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="truncate">Cuts inputs that are too long instead of refusing them.</param>
    /// <param name="cancellationToken">Checked between steps.</param>
    /// <returns>An answer for each, in the same order.</returns>
    /// <exception cref="InputTooLongException">An input does not fit and <paramref name="truncate"/> is off.</exception>
    public IReadOnlyList<Answer> Predict(IReadOnlyList<ServedInput> inputs, bool truncate = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return _predictor.Predict([.. inputs.Select(Input)], truncate, cancellationToken);
    }

    /// <summary>Takes an input in, to be answered by the steps that follow.</summary>
    /// <param name="input">The input.</param>
    /// <param name="id">Its id.</param>
    /// <returns>False when too many wait.</returns>
    /// <exception cref="InputTooLongException">It does not fit.</exception>
    public bool TrySubmit(ServedInput input, out long id) => _predictor.TrySubmit(Input(input), out id);

    /// <summary>Gives an input up; it is not computed any further.</summary>
    /// <param name="id">Its id; nothing happens when it is answered already.</param>
    public void Cancel(long id) => _predictor.Cancel(id);

    /// <summary>Computes one step for inputs that were taken in.</summary>
    /// <returns>What was done for whom; empty only when there is nothing to do.</returns>
    public IReadOnlyList<PredictionStep> Step() => _predictor.Step();

    /// <inheritdoc/>
    public void Dispose()
    {
        _predictor.Dispose();
        _owned.ForEach(part => part.Dispose());
    }

    private PredictionInput Input(ServedInput input) => new(Tasks[input.Task].Spec, input.Text, input.Text2, input.Options);

    private static double Temperature(ServedTask task, string path) => task.Temperature is { } temperature and > 0 && double.IsFinite(temperature)
        ? temperature
        : throw new InvalidDataException($"{path}: the temperature of {task.Spec.Name} is {task.Temperature}. It must be above 0; take it out to serve the scores as they are.");
}
