using Platform.Engine.Checkpoints;
using Platform.Engine.Generation;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Generation.Sampling;
using Platform.Engine.Inference;
using Platform.Engine.Prompts;
using Platform.Engine.Tokenization;

namespace Platform.Engine.Serving;

/// <summary>
/// A model version whose weights are elsewhere: the same prompts, labels, constraints and answers as <see cref="MultiTaskModel"/>, with every
/// token from an <see cref="ITokenSource"/>. Safe for use by many threads.
/// </summary>
/// <remarks>
/// Labels are scored where they part: one question for each branching place of their tree, so every label has its probability. Texts come
/// as the source generates them; where a token breaks the task's contract, the source is asked once more for that place with the valid ones
/// only. With greedy decoding that is what choosing among valid tokens gives, and with sampling it is the same distribution: what
/// is kept of the free draw and what is drawn again add up to the distribution over the valid ones.
/// </remarks>
public sealed class RemoteTasks
{
    private readonly PromptBuilder _prompts;
    private readonly AnswerMaker _answers;
    private readonly Lock _gate = new(); // the answer maker remembers tries and contracts

    private RemoteTasks(PromptBuilder prompts, AnswerMaker answers, int contextTokens, IReadOnlyDictionary<string, ServedTask> tasks) =>
        (_prompts, _answers, ContextTokens, Tasks) = (prompts, answers, contextTokens, tasks);

    /// <summary>The tasks by name.</summary>
    public IReadOnlyDictionary<string, ServedTask> Tasks { get; }

    /// <summary>Longest sequence, tokens.</summary>
    public int ContextTokens { get; }

    /// <summary>Makes constraints for <see cref="GenerationOptions.Constraint"/>. Pass <see cref="PromptBuilder.AnswerLayout"/>.</summary>
    public ConstraintCache Constraints => _prompts.Constraints;

    /// <summary>Reads a version's tasks and tokenizer, not its weights.</summary>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="InvalidDataException">A file is missing or malformed.</exception>
    public static RemoteTasks Load(string folder)
    {
        var tasks = MultiTaskModel.ReadTasks(folder);
        var config = HuggingFaceFolder.LoadConfig(folder);
        var prompts = new PromptBuilder(Tokenizer.Load(folder), MultiTaskModel.EndToken(config, folder));
        var adapters = tasks.Where(task => task.Adapter is not null).Select(task => task.Spec.Name).ToHashSet(StringComparer.Ordinal);
        var answers = new AnswerMaker(prompts, config.ContextTokens, config.VocabularySize, adapters, MultiTaskModel.Temperatures(tasks, folder));
        return new RemoteTasks(prompts, answers, config.ContextTokens, tasks.ToDictionary(task => task.Spec.Name, StringComparer.Ordinal));
    }

    /// <summary>Tokens of an input's prompt.</summary>
    /// <param name="task">Name of the task.</param>
    /// <param name="text">The text.</param>
    /// <param name="text2">The second text, or null.</param>
    public int CountPromptTokens(string task, string text, string? text2) => _answers.CountPromptTokens(Tasks[task].Spec, text, text2);

    /// <summary>Most tokens of a prompt of a task.</summary>
    /// <param name="task">Name of the task.</param>
    public int MaxPromptTokens(string task)
    {
        lock (_gate)
            return _answers.MaxPromptTokens(Tasks[task].Spec);
    }

    /// <summary>Answers an input.</summary>
    /// <param name="input">The input.</param>
    /// <param name="source">What computes it.</param>
    /// <param name="onDelta">Receives the text as it comes, for inputs with options; null for nobody.</param>
    /// <param name="cancellationToken">The caller is gone.</param>
    /// <exception cref="InputTooLongException">It does not fit.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="InvalidDataException">The source gives no token, or one that it may not.</exception>
    public async Task<Answer> AnswerAsync(ServedInput input, ITokenSource source, Action<TextDelta>? onDelta, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(source);
        PendingAnswer pending;
        lock (_gate)
            pending = _answers.Start(new PredictionInput(Tasks[input.Task].Spec, input.Text, input.Text2, input.Options), 0, truncate: false);
        var cached = pending.Request switch
        {
            LabelRequest labels => await ScoreAsync(labels, source, cancellationToken).ConfigureAwait(false),
            var text => await WriteAsync(pending, (TextRequest)text, source, onDelta, cancellationToken).ConfigureAwait(false),
        };
        var (answer, delta) = _answers.Finish(pending, cached);
        if (delta is not null)
            onDelta?.Invoke(delta);
        return answer;
    }

    /// <summary>The answer to an input of a closed task whose labels something else has scored.</summary>
    /// <param name="input">The input.</param>
    /// <param name="scores">A probability for every label, calibrated already.</param>
    /// <param name="cachedTokens">Tokens of the prompt that came from a cache there.</param>
    /// <exception cref="KeyNotFoundException">A label has no score.</exception>
    public Answer Label(ServedInput input, IReadOnlyDictionary<string, double> scores, int cachedTokens)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(scores);
        var spec = Tasks[input.Task].Spec;
        lock (_gate)
        {
            var pending = _answers.Start(new PredictionInput(spec, input.Text, input.Text2, input.Options), 0, truncate: false);
            ((LabelRequest)pending.Request).Probabilities = [.. spec.Labels.Select(label => scores[label])];
            return _answers.Finish(pending, cachedTokens, isCalibrated: true).Answer;
        }
    }

    /// <returns>Tokens of the prompt that came from a cache.</returns>
    private static async Task<int> ScoreAsync(LabelRequest request, ITokenSource source, CancellationToken cancellationToken)
    {
        // The place right behind the prompt first: the others find the prompt in the source's cache then.
        var branches = request.Labels.Branches().Where(branch => branch.Children.Count > 1).ToList();
        if (branches.Count == 0)
        {
            request.Probabilities = request.Labels.Probabilities((_, _) => 0);
            return 0;
        }

        var first = await AskAsync(branches[0]).ConfigureAwait(false);
        var others = await Task.WhenAll(branches.Skip(1).Select(AskAsync)).ConfigureAwait(false);
        var weights = branches.Zip([first, .. others]).SelectMany(pair => pair.First.Children.Zip(pair.Second.LogWeights, (child, weight) => (pair.First.Node, child.Token, weight)))
            .ToDictionary(entry => (entry.Node, entry.Token), entry => (float)entry.weight);
        request.Probabilities = request.Labels.Probabilities((node, token) => weights.GetValueOrDefault((node, token)));
        return first.CachedTokens;

        Task<TokenWeights> AskAsync(LabelTrie.Branch branch) =>
            source.WeighAsync(new TokenPrompt(request.Adapter, [.. request.Prompt, .. Way(branch.Node)]), [.. branch.Children.Select(child => child.Token)], cancellationToken);

        IEnumerable<int> Way(int node)
        {
            List<int> way = [];
            for (; node >= 0; node = request.Labels.Nodes[node].Parent)
                way.Add(request.Labels.Nodes[node].Token);
            way.Reverse();
            return way;
        }
    }

    /// <inheritdoc cref="ScoreAsync"/>
    private static async Task<int> WriteAsync(PendingAnswer pending, TextRequest request, ITokenSource source, Action<TextDelta>? onDelta, CancellationToken cancellationToken)
    {
        int? cached = null;
        TokenSet? only = null;
        for (var isOver = false; !isOver;)
        {
            var taken = request.Tokens.Count;
            var wanted = new TokenContinuation(only is null ? request.MaxNewTokens - taken : 1, Position(request.Sampling, taken), request.EndTokens, only);
            only = null;
            await foreach (var part in source.ContinueAsync(new TokenPrompt(request.Adapter, [.. request.Prompt, .. request.Continuation.Ids]), wanted, cancellationToken).ConfigureAwait(false))
            {
                cached ??= part.CachedTokens;
                if (part.Token is not { } token)
                    continue;
                if (isOver)
                    break; // the source cannot know stop strings, nor that only the end may follow
                if (wanted.Only is { } valid && !valid.Contains(token.Token))
                    throw new InvalidDataException($"The engine was given the tokens to choose from and chose another one ({token.Token}).");
                only = request.InsteadOf(token.Token);
                if (only is not null)
                    break;
                isOver = !request.Take(token);
                if (onDelta is not null && !isOver && pending.Delta(isComplete: false) is { } delta)
                    onDelta(delta);
            }

            // An engine that gives nothing would be asked for ever.
            if (!isOver && only is null && request.Tokens.Count == taken)
                throw new InvalidDataException("The engine ended a continuation without a token.");
        }

        return cached ?? 0;
    }

    /// <summary>Each part of an answer is drawn with numbers of its own.</summary>
    private static SamplingOptions Position(SamplingOptions sampling, int taken) => sampling.Seed is { } seed && taken > 0 ? sampling with { Seed = unchecked(seed + taken) } : sampling;
}
