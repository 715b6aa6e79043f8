using Platform.Engine.Generation.Constraints;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Inference;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;

namespace Platform.Engine.Generation;

/// <summary>An input whose answer is being computed.</summary>
/// <param name="Input">The input.</param>
/// <param name="Request">What is asked of the model.</param>
/// <param name="Stream">The text as it comes, for inputs with options; null for labels and for inputs without.</param>
internal sealed record PendingAnswer(PredictionInput Input, InferenceRequest Request, AnswerStream? Stream)
{
    /// <summary>What came since the last time; null for nothing.</summary>
    public TextDelta? Delta(bool isComplete) => Stream?.Drain(((TextRequest)Request).Tokens, ((TextRequest)Request).EndTokens, isComplete);
}

/// <summary>
/// Says what has to be asked of a model to answer an input, and makes the answer of what the model said; what computes in between is
/// nothing to it. Not thread-safe.
/// </summary>
/// <param name="prompts">Builds the prompts.</param>
/// <param name="contextTokens">Longest sequence of the model, tokens.</param>
/// <param name="vocabularySize">Token ids are below it.</param>
/// <param name="adapters">Names of the tasks that have an adapter of their own.</param>
/// <param name="temperatures">By the name of the task whose label probabilities they are applied to.</param>
internal sealed class AnswerMaker(
    PromptBuilder prompts, int contextTokens, int vocabularySize, IReadOnlySet<string> adapters, IReadOnlyDictionary<string, double> temperatures)
{
    private static readonly SamplingOptions Greedy = new() { Temperature = 0 };

    private readonly Dictionary<TaskSpec, LabelTrie> _tries = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<TaskSpec, Constraint?> _contracts = new(ReferenceEqualityComparer.Instance);

    /// <summary>Tokens of an input's prompt.</summary>
    public int CountPromptTokens(TaskSpec task, string text, string? text2) => prompts.Prompt(task, text, text2).FullTokens;

    /// <summary>Most tokens of a prompt: the context without the room that an answer needs.</summary>
    public int MaxPromptTokens(TaskSpec task) => contextTokens - (task.IsClosed ? Trie(task).Depth : task.MaxOutputTokens);

    /// <summary>What has to be asked.</summary>
    /// <param name="input">The input.</param>
    /// <param name="index">Its place among the inputs, for the message.</param>
    /// <param name="truncate">Cuts an input that is too long instead of refusing it.</param>
    /// <exception cref="InputTooLongException">It does not fit.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public PendingAnswer Start(PredictionInput input, int index, bool truncate)
    {
        var limit = MaxPromptTokens(input.Task);
        var prompt = prompts.Prompt(input.Task, input.Text, input.Text2, truncate ? limit : null);
        if (prompt.Ids.Length > limit)
            throw new InputTooLongException(index, prompt.FullTokens, limit);
        var adapter = adapters.Contains(input.Task.Name) ? input.Task.Name : null;
        return input.Task.IsClosed
            ? new PendingAnswer(input, new LabelRequest(prompt.Ids, Trie(input.Task), adapter), null)
            : StartText(input, prompt.Ids, adapter);
    }

    /// <summary>The answer of a request that is complete.</summary>
    /// <param name="pending">What <see cref="Start"/> gave.</param>
    /// <param name="cached">Tokens of its prompt that came from a cache.</param>
    /// <param name="isCalibrated">Whether the task's temperature is in the labels' probabilities already.</param>
    public (Answer Answer, TextDelta? Delta) Finish(PendingAnswer pending, int cached, bool isCalibrated = false)
    {
        if (pending.Request is LabelRequest labels)
        {
            var label = Label(pending.Input, labels, cached, isCalibrated ? 1 : temperatures.GetValueOrDefault(pending.Input.Task.Name, 1));
            return (label, pending.Input.Options is null ? null : new TextDelta(label.Output, label.Tokens));
        }

        var request = (TextRequest)pending.Request;
        var (ids, ended, probability) = request.Continuation;
        var delta = pending.Delta(isComplete: true);
        var answer = new Answer(
            pending.Stream?.Output ?? prompts.Text(ids), probability, [], ended ? FinishReason.Stop : FinishReason.Length,
            request.Prompt.Length, cached, request.Tokens.Count) { Tokens = pending.Stream?.Tokens ?? [] };
        return (answer, delta);
    }

    private PendingAnswer StartText(PredictionInput input, int[] prompt, string? adapter)
    {
        var (task, options) = (input.Task, input.Options);
        if (options?.MaxTokens <= 0)
            throw new ArgumentException($"max_tokens is {options.MaxTokens}; it must be at least 1.", nameof(input));
        var sampling = (options?.Sampling ?? Greedy) with { TopLogProbabilities = Math.Max(0, options?.TopLogprobs ?? 0) };
        if (options is not null && sampling.Problems(vocabularySize) is { Count: > 0 } problems)
            throw new ArgumentException(string.Join(' ', problems.Select(problem => problem.Message)), nameof(input));
        var constraint = Contract(task) ?? options?.Constraint?.For(prompts.Constraints.Vocabulary);
        var stream = options is null ? null : new AnswerStream(prompts.Tokenizer, new StopStrings(options.Stop), options.TopLogprobs >= 0);
        var request = new TextRequest(prompt, Math.Min(options?.MaxTokens ?? int.MaxValue, task.MaxOutputTokens), [prompts.EndToken], adapter)
        {
            Sampling = sampling,
            Constraint = constraint?.Start(),
            Text = stream?.Text,
            OnText = stream is null ? null : stream.Add,
        };
        return new PendingAnswer(input, request, stream);
    }

    private Answer Label(PredictionInput input, LabelRequest request, int cached, double temperature)
    {
        var (task, options) = (input.Task, input.Options);
        // The model's own order decides: rounding at a temperature must not make two labels equal and swap them.
        var order = Enumerable.Range(0, task.Labels.Count).OrderByDescending(label => request.Probabilities[label]).ToArray();
        var scores = LabelTemperature.Apply(request.Probabilities, temperature);
        List<LabelScore> ranked = [.. order.Select(label => new LabelScore(task.Labels[label], scores[label]))];
        var chosen = options?.Sampling is { Temperature: > 0 } sampling ? Draw(scores, sampling) : order[0];
        return new Answer(
            task.Labels[chosen], scores[chosen], ranked, FinishReason.Label, request.Prompt.Length, cached, request.Labels.TokensOf(chosen))
        {
            Tokens = options?.TopLogprobs >= 0
                ? new LabelTokens(prompts.Tokenizer).Of([.. task.Labels.Select(prompts.Answer)], scores, chosen, options.TopLogprobs)
                : [],
        };
    }

    /// <summary>A label by its probability, as tokens are drawn by theirs.</summary>
    private static int Draw(double[] probabilities, SamplingOptions sampling)
    {
        float[] logits = [.. probabilities.Select(one => (float)Math.Log(Math.Max(one, LabelTemperature.Least)))];
        return new Sampler(sampling with { LogProbabilities = false, TopLogProbabilities = 0, LogitBias = null }, logits.Length).Choose(logits).Token;
    }

    private LabelTrie Trie(TaskSpec task)
    {
        if (!_tries.TryGetValue(task, out var trie))
            _tries[task] = trie = new LabelTrie([.. task.Labels.Select(prompts.Answer)]);
        return trie;
    }

    private Constraint? Contract(TaskSpec task)
    {
        if (!_contracts.TryGetValue(task, out var contract))
            _contracts[task] = contract = AnswerPattern.Of(task) is { } pattern ? prompts.Constraints.Regex(pattern, PromptBuilder.AnswerLayout) : null;
        return contract;
    }
}
