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
/// <param name="Options">How it is answered; null for the task's own way.</param>
public sealed record PredictionInput(TaskSpec Task, string Text, string? Text2, GenerationOptions? Options = null);

/// <summary>What a step did for an input.</summary>
/// <param name="Id">Id of the input.</param>
/// <param name="ComputedTokens">Tokens that were computed for it in this step; what came from the cache is not among them.</param>
/// <param name="Answer">Its answer, when this step completed it.</param>
/// <param name="Delta">What came to its answer in this step, for inputs with options; null for nothing.</param>
public sealed record PredictionStep(long Id, int ComputedTokens, Answer? Answer, TextDelta? Delta = null);

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
    private readonly AnswerMaker _answers;
    private readonly IInference _inference;
    private readonly Dictionary<long, PendingAnswer> _running = [];

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
        _inference = inference;
        Adapters = new HashSet<string>(adapters ?? [], StringComparer.Ordinal);
        _answers = new AnswerMaker(prompts, model.Config.ContextTokens, model.Config.VocabularySize, Adapters, temperatures ?? new Dictionary<string, double>());
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
    public int CountPromptTokens(TaskSpec task, string text, string? text2) => _answers.CountPromptTokens(task, text, text2);

    /// <summary>Most tokens of a prompt: the context without the room that an answer needs.</summary>
    /// <param name="task">The task.</param>
    public int MaxPromptTokens(TaskSpec task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return _answers.MaxPromptTokens(task);
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
        var requests = inputs.Select((input, i) => _answers.Start(input, i, truncate)).ToList();
        var answers = new Answer[inputs.Count];
        var places = new Dictionary<long, int>();
        var next = 0;
        try
        {
            while (next < inputs.Count || places.Count > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (; next < inputs.Count && _inference.TrySubmit(requests[next].Request, out var id); next++)
                {
                    _running[id] = requests[next];
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
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public bool TrySubmit(PredictionInput input, out long id)
    {
        ArgumentNullException.ThrowIfNull(input);
        var running = _answers.Start(input, 0, truncate: false);
        if (!_inference.TrySubmit(running.Request, out id))
            return false;
        _running[id] = running;
        return true;
    }

    /// <summary>Gives an input up.</summary>
    /// <param name="id">Its id; nothing happens when it is answered already.</param>
    public void Cancel(long id)
    {
        _inference.Cancel(id);
        _running.Remove(id);
    }

    /// <summary>Computes one step for inputs that were taken in.</summary>
    /// <returns>What was done for whom; empty only when there is nothing to do.</returns>
    public IReadOnlyList<PredictionStep> Step()
    {
        var complete = new Dictionary<long, (Answer Answer, TextDelta? Delta)>();
        var steps = _inference.Step((id, _, cached) =>
        {
            _running.Remove(id, out var running);
            complete[id] = _answers.Finish(running!, cached);
        });
        return [.. steps.Select(step => complete.TryGetValue(step.Id, out var done)
            ? new PredictionStep(step.Id, step.ComputedTokens, done.Answer, done.Delta)
            : new PredictionStep(step.Id, step.ComputedTokens, null, _running[step.Id].Delta(isComplete: false)))];
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
}
