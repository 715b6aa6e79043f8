using Platform.Engine.Models;
using Platform.Engine.Prompts;
using Platform.Engine.Tasks;

namespace Platform.Engine.Generation;

/// <summary>An input to answer.</summary>
/// <param name="Task">Whose input it is.</param>
/// <param name="Text">The text.</param>
/// <param name="Text2">The second text of pair tasks, or null.</param>
public sealed record PredictionInput(TaskSpec Task, string Text, string? Text2);

/// <summary>A label and its probability.</summary>
/// <param name="Output">The label.</param>
/// <param name="Probability">0 to 1; those of all labels add up to 1.</param>
public sealed record LabelScore(string Output, double Probability);

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>It is one of the task's labels.</summary>
    Label,

    /// <summary>The model ended it.</summary>
    Stop,

    /// <summary>It reached the task's limit of tokens.</summary>
    Length,
}

/// <summary>An answer.</summary>
/// <param name="Output">The label or text.</param>
/// <param name="Score">The label's probability, or the geometric mean of the generated tokens' probabilities.</param>
/// <param name="Alternatives">Every label, best first; empty for generated text.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CachedTokens">How many of them came from a cache.</param>
/// <param name="CompletionTokens">Tokens of the answer.</param>
public sealed record Answer(
    string Output,
    double Score,
    IReadOnlyList<LabelScore> Alternatives,
    FinishReason FinishReason,
    int PromptTokens,
    int CachedTokens,
    int CompletionTokens);

/// <summary>An input does not fit the model's context.</summary>
/// <param name="index">Its place among the inputs.</param>
/// <param name="tokens">Tokens of its prompt.</param>
/// <param name="limit">Most tokens of a prompt.</param>
public sealed class InputTooLongException(int index, int tokens, int limit)
    : Exception($"Input {index} has {tokens} tokens; at most {limit} fit. Shorten the text.")
{
    /// <summary>Its place among the inputs.</summary>
    public int Index => index;

    /// <summary>Tokens of its prompt.</summary>
    public int Tokens => tokens;

    /// <summary>Most tokens of a prompt.</summary>
    public int Limit => limit;
}

/// <summary>Answers inputs of any tasks in batches: closed tasks by scoring their labels, open ones by generating.</summary>
public sealed class Predictor
{
    private const int MaxBatchTokens = 4096; // prompt and tree tokens of one forward pass; more does not run faster on the measured machines
    private const int MaxBatchRows = 32;

    private readonly CausalLanguageModel _model;
    private readonly PromptBuilder _prompts;
    private readonly LabelScorer _scorer;
    private readonly GreedyDecoder _decoder;
    private readonly Dictionary<TaskSpec, LabelTrie> _tries = new(ReferenceEqualityComparer.Instance);

    /// <param name="model">The model.</param>
    /// <param name="prompts">Builds its prompts.</param>
    public Predictor(CausalLanguageModel model, PromptBuilder prompts)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        (_model, _prompts) = (model, prompts);
        _scorer = new LabelScorer(model);
        _decoder = new GreedyDecoder(model, prompts.EndToken);
    }

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
        // A tree's tokens stand beside each other, so only its depth takes positions.
        var answer = task.IsClosed ? Trie(task).Nodes.Select(n => n.Depth).DefaultIfEmpty(0).Max() : task.MaxOutputTokens;
        return _model.Config.ContextTokens - answer;
    }

    /// <summary>Answers inputs.</summary>
    /// <param name="inputs">Of any tasks.</param>
    /// <param name="truncate">Cuts inputs that are too long instead of refusing them.</param>
    /// <param name="cancellationToken">Checked between forward passes.</param>
    /// <returns>An answer for each, in the same order.</returns>
    /// <exception cref="InputTooLongException">An input does not fit and <paramref name="truncate"/> is off.</exception>
    public IReadOnlyList<Answer> Predict(IReadOnlyList<PredictionInput> inputs, bool truncate = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var prompts = inputs.Select((input, i) => Build(input, i, truncate)).ToList();
        var answers = new Answer[inputs.Count];
        foreach (var batch in Batches(inputs, prompts))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (inputs[batch[0]].Task.IsClosed)
                Classify(batch, inputs, prompts, answers);
            else
                Generate(batch, inputs, prompts, answers, cancellationToken);
        }

        return answers;
    }

    private int[] Build(PredictionInput input, int index, bool truncate)
    {
        var limit = MaxPromptTokens(input.Task);
        var prompt = _prompts.Prompt(input.Task, input.Text, input.Text2, truncate ? limit : null);
        return prompt.Ids.Length <= limit ? prompt.Ids : throw new InputTooLongException(index, prompt.FullTokens, limit);
    }

    /// <summary>
    /// Inputs that are answered in the same way, as much as one forward pass takes. Labels are scored in passes of similar length. Text is
    /// generated in as large batches as possible, because each of its many steps costs nearly the same for one row as for all.
    /// </summary>
    private IEnumerable<int[]> Batches(IReadOnlyList<PredictionInput> inputs, List<int[]> prompts)
    {
        var (closed, open) = (new List<int>(), new List<int>());
        for (var i = 0; i < inputs.Count; i++)
            (inputs[i].Task.IsClosed ? closed : open).Add(i);
        foreach (var pass in ForwardPasses.Split([.. closed.Select(Length)], MaxBatchTokens, MaxBatchRows, _model.Device.type))
            yield return [.. pass.Select(place => closed[place])];
        var batch = new List<int>();
        foreach (var i in open.OrderBy(Length))
        {
            // In order of length, so the newest is the longest of the batch.
            if (batch.Count > 0 && (batch.Count >= MaxBatchRows || (batch.Count + 1) * Length(i) > MaxBatchTokens))
            {
                yield return [.. batch];
                batch = [];
            }

            batch.Add(i);
        }

        if (batch.Count > 0)
            yield return [.. batch];

        int Length(int i) => prompts[i].Length + (inputs[i].Task.IsClosed ? Trie(inputs[i].Task).Nodes.Count : inputs[i].Task.MaxOutputTokens);
    }

    private void Classify(int[] batch, IReadOnlyList<PredictionInput> inputs, List<int[]> prompts, Answer[] answers)
    {
        var scores = _scorer.Score([.. batch.Select(i => (prompts[i], Trie(inputs[i].Task)))]);
        for (var b = 0; b < batch.Length; b++)
        {
            var task = inputs[batch[b]].Task;
            List<LabelScore> ranked = [.. task.Labels.Select((label, l) => new LabelScore(label, scores[b][l])).OrderByDescending(s => s.Probability)];
            var best = Array.IndexOf(scores[b], scores[b].Max());
            answers[batch[b]] = new Answer(ranked[0].Output, ranked[0].Probability, ranked, FinishReason.Label, prompts[batch[b]].Length, 0, Trie(task).TokensOf(best));
        }
    }

    private void Generate(int[] batch, IReadOnlyList<PredictionInput> inputs, List<int[]> prompts, Answer[] answers, CancellationToken cancellationToken)
    {
        var continuations = _decoder.Generate(
            [.. batch.Select(i => prompts[i])], [.. batch.Select(i => inputs[i].Task.MaxOutputTokens)], cancellationToken);
        for (var b = 0; b < batch.Length; b++)
        {
            var (ids, ended, probability) = continuations[b];
            answers[batch[b]] = new Answer(
                _prompts.Text(ids), probability, [], ended ? FinishReason.Stop : FinishReason.Length, prompts[batch[b]].Length, 0, ids.Count + (ended ? 1 : 0));
        }
    }

    private LabelTrie Trie(TaskSpec task)
    {
        if (!_tries.TryGetValue(task, out var trie))
            _tries[task] = trie = new LabelTrie([.. task.Labels.Select(_prompts.Answer)]);
        return trie;
    }
}
