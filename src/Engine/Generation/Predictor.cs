using Platform.Engine.Inference;
using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;
using TorchSharp;

namespace Platform.Engine.Generation;

/// <summary>An input to answer.</summary>
/// <param name="Task">Whose input it is.</param>
/// <param name="Text">The text.</param>
/// <param name="Text2">The second text of pair tasks, or null.</param>
public sealed record PredictionInput(TaskSpec Task, string Text, string? Text2);

/// <summary>What a step did for an input.</summary>
/// <param name="Id">Id of the input.</param>
/// <param name="ComputedTokens">Tokens that were computed for it in this step; what came from the cache is not among them.</param>
/// <param name="Answer">Its answer, when this step completed it.</param>
public sealed record PredictionStep(long Id, int ComputedTokens, Answer? Answer);

/// <summary>
/// Answers inputs of any tasks: closed tasks by scoring their labels, open ones by generating. All at once with <see cref="Predict"/>, or
/// step by step, so that inputs come and go while others are computed.
/// </summary>
/// <remarks>
/// On the CPU it works on weights of its own, packed when it is made: what happens to the model afterwards changes nothing. On a GPU it uses
/// the model itself. Not thread-safe: one thread owns it.
/// </remarks>
public sealed class Predictor : IDisposable
{
    private readonly PromptBuilder _prompts;
    private readonly IInference _inference;
    private readonly Dictionary<TaskSpec, LabelTrie> _tries = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<long, TaskSpec> _tasks = [];
    private readonly IReadOnlyDictionary<string, double> _temperatures;
    private readonly int _contextTokens;

    /// <param name="model">The model, without adapter in use.</param>
    /// <param name="prompts">Builds its prompts.</param>
    /// <param name="adapters">Adapters by the name of the task that they are for; null for none.</param>
    /// <param name="options">Memory and limits on the CPU; the defaults when null.</param>
    /// <param name="temperatures">By the name of the task whose label probabilities they are applied to; null for none.</param>
    public Predictor(
        CausalLanguageModel model, PromptBuilder prompts, IReadOnlyDictionary<string, LoraAdapter>? adapters = null, InferenceOptions? options = null,
        IReadOnlyDictionary<string, double>? temperatures = null)
        : this(model, prompts, Inference(model, adapters ?? new Dictionary<string, LoraAdapter>(), options ?? new InferenceOptions()), adapters?.Keys, temperatures)
    {
    }

    /// <param name="model">The model.</param>
    /// <param name="prompts">Builds its prompts.</param>
    /// <param name="inference">What computes; owned from now on.</param>
    /// <param name="adapters">Names of its adapters.</param>
    /// <param name="temperatures">By task; null for none.</param>
    internal Predictor(
        CausalLanguageModel model, PromptBuilder prompts, IInference inference, IEnumerable<string>? adapters = null,
        IReadOnlyDictionary<string, double>? temperatures = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(prompts);
        (_prompts, _inference, _contextTokens) = (prompts, inference, model.Config.ContextTokens);
        Adapters = new HashSet<string>(adapters ?? [], StringComparer.Ordinal);
        _temperatures = temperatures ?? new Dictionary<string, double>();
    }

    /// <summary>Whether no input waits or is being computed.</summary>
    public bool IsIdle => _inference.IsIdle;

    /// <summary>Bytes of the weights that it works on, adapters included.</summary>
    public long SizeBytes => _inference.SizeBytes;

    /// <summary>Tasks that have an adapter of their own.</summary>
    public IReadOnlySet<string> Adapters { get; }

    /// <summary>Whether it needs the model and adapters that it was made from.</summary>
    internal bool UsesModel => _inference is TorchInference;

    /// <summary>Tokens of an input's prompt.</summary>
    /// <param name="task">Whose input it is.</param>
    /// <param name="text">The text.</param>
    /// <param name="text2">The second text, or null.</param>
    public int CountPromptTokens(TaskSpec task, string text, string? text2) => _prompts.Prompt(task, text, text2).FullTokens;

    /// <summary>Most tokens of a prompt: the context without the room that an answer needs.</summary>
    /// <param name="task">The task.</param>
    public int MaxPromptTokens(TaskSpec task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return _contextTokens - (task.IsClosed ? Trie(task).Depth : task.MaxOutputTokens);
    }

    /// <summary>Answers inputs.</summary>
    /// <param name="inputs">Of any tasks.</param>
    /// <param name="truncate">Cuts inputs that are too long instead of refusing them.</param>
    /// <param name="cancellationToken">Checked between steps.</param>
    /// <returns>An answer for each, in the same order.</returns>
    /// <exception cref="InputTooLongException">An input does not fit and <paramref name="truncate"/> is off.</exception>
    public IReadOnlyList<Answer> Predict(IReadOnlyList<PredictionInput> inputs, bool truncate = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var requests = inputs.Select((input, i) => Request(input, i, truncate)).ToList();
        var answers = new Answer[inputs.Count];
        var places = new Dictionary<long, int>();
        var next = 0;
        try
        {
            while (next < inputs.Count || places.Count > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (; next < inputs.Count && _inference.TrySubmit(requests[next], out var id); next++)
                {
                    _tasks[id] = inputs[next].Task;
                    places[id] = next;
                }

                foreach (var step in Step())
                {
                    if (step.Answer is { } answer && places.Remove(step.Id, out var place))
                        answers[place] = answer;
                }
            }
        }
        finally
        {
            foreach (var id in places.Keys)
                Cancel(id);
        }

        return answers;
    }

    /// <summary>Takes an input in, to be answered by the steps that follow.</summary>
    /// <param name="input">The input.</param>
    /// <param name="id">Its id.</param>
    /// <returns>False when too many wait.</returns>
    /// <exception cref="InputTooLongException">It does not fit.</exception>
    public bool TrySubmit(PredictionInput input, out long id)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!_inference.TrySubmit(Request(input, 0, truncate: false), out id))
            return false;
        _tasks[id] = input.Task;
        return true;
    }

    /// <summary>Gives an input up.</summary>
    /// <param name="id">Its id; nothing happens when it is answered already.</param>
    public void Cancel(long id)
    {
        _inference.Cancel(id);
        _tasks.Remove(id);
    }

    /// <summary>Computes one step for inputs that were taken in.</summary>
    /// <returns>What was done for whom; empty only when there is nothing to do.</returns>
    public IReadOnlyList<PredictionStep> Step()
    {
        var complete = new Dictionary<long, Answer>();
        var steps = _inference.Step((id, request, cached) =>
        {
            _tasks.Remove(id, out var task);
            complete[id] = Answer(task!, request, cached);
        });
        return [.. steps.Select(step => new PredictionStep(step.Id, step.ComputedTokens, complete.GetValueOrDefault(step.Id)))];
    }

    /// <inheritdoc/>
    public void Dispose() => _inference.Dispose();

    private static IInference Inference(CausalLanguageModel model, IReadOnlyDictionary<string, LoraAdapter> adapters, InferenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Device.type == DeviceType.CPU
            ? new InferenceEngine(new InferenceModel(model), adapters.ToDictionary(a => a.Key, a => new InferenceAdapter(a.Value)), options)
            : new TorchInference(model, adapters, options.MaxWaiting);
    }

    private InferenceRequest Request(PredictionInput input, int index, bool truncate)
    {
        var limit = MaxPromptTokens(input.Task);
        var prompt = _prompts.Prompt(input.Task, input.Text, input.Text2, truncate ? limit : null);
        if (prompt.Ids.Length > limit)
            throw new InputTooLongException(index, prompt.FullTokens, limit);
        var adapter = Adapters.Contains(input.Task.Name) ? input.Task.Name : null;
        return input.Task.IsClosed
            ? new LabelRequest(prompt.Ids, Trie(input.Task), adapter)
            : new TextRequest(prompt.Ids, input.Task.MaxOutputTokens, [_prompts.EndToken], adapter);
    }

    private Answer Answer(TaskSpec task, InferenceRequest request, int cached)
    {
        if (request is not LabelRequest labels)
        {
            var (ids, ended, probability) = ((TextRequest)request).Continuation;
            return new Answer(
                _prompts.Text(ids), probability, [], ended ? FinishReason.Stop : FinishReason.Length, request.Prompt.Length, cached, ids.Count + (ended ? 1 : 0));
        }

        // The model's own order decides: rounding at a temperature must not make two labels equal and swap them.
        var order = Enumerable.Range(0, task.Labels.Count).OrderByDescending(label => labels.Probabilities[label]).ToArray();
        var scores = LabelTemperature.Apply(labels.Probabilities, _temperatures.GetValueOrDefault(task.Name, 1));
        List<LabelScore> ranked = [.. order.Select(label => new LabelScore(task.Labels[label], scores[label]))];
        return new Answer(ranked[0].Output, ranked[0].Probability, ranked, FinishReason.Label, request.Prompt.Length, cached, labels.Labels.TokensOf(order[0]));
    }

    private LabelTrie Trie(TaskSpec task)
    {
        if (!_tries.TryGetValue(task, out var trie))
            _tries[task] = trie = new LabelTrie([.. task.Labels.Select(_prompts.Answer)]);
        return trie;
    }
}
