using Platform.Engine.Kernels;
using Platform.Engine.Scheduling;

namespace Platform.Engine.Inference;

/// <summary>
/// Answers many requests at once over one model: prompts of all tasks, single new tokens and label trees share each step, prompts that
/// begin alike share their keys and values, and every request may use another adapter.
/// </summary>
/// <remarks>
/// The <see cref="Scheduler"/> decides what a step computes, in integers; the <see cref="ForwardPass"/> computes it. The same request gets
/// the same bits whatever else runs. Not thread-safe: one thread owns it.
/// </remarks>
internal sealed unsafe class InferenceEngine : IInference
{
    private readonly ThreadTeam _team;
    private readonly InferenceModel _model;
    private readonly KeyValueBlocks _blocks;
    private readonly ForwardPass _pass;
    private readonly HiddenStates _states;
    private readonly Scheduler _scheduler;
    private readonly Dictionary<long, InferenceRequest> _requests = [];
    private readonly List<InferenceAdapter> _adapters = [];
    private readonly Dictionary<string, int> _adapterIndex = new(StringComparer.Ordinal);
    private long _lastId;

    /// <param name="model">The model; the engine owns it from now on.</param>
    /// <param name="adapters">All adapters that requests may use, by name; the engine owns them from now on.</param>
    /// <param name="options">Memory and limits.</param>
    public InferenceEngine(InferenceModel model, IReadOnlyDictionary<string, InferenceAdapter> adapters, InferenceOptions options)
    {
        _model = model;
        foreach (var (name, adapter) in adapters)
        {
            _adapterIndex[name] = _adapters.Count;
            _adapters.Add(adapter);
        }

        _team = new ThreadTeam(options.Threads ?? TorchSharp.torch.get_num_threads());
        _blocks = new KeyValueBlocks(model.Config, BlockCount(model, options));
        _pass = new ForwardPass(model, _blocks, _team);
        _states = new HiddenStates(model, _team);
        _scheduler = new Scheduler(new SchedulerOptions
        {
            BlockTokens = KeyValueBlocks.Tokens,
            Blocks = _blocks.Blocks,
            MaxStepTokens = options.MaxStepTokens,
            MaxStepSequences = options.MaxStepSequences,
            PrefillChunkTokens = options.PrefillChunkTokens,
            MaxWaiting = options.MaxWaiting,
        });
    }

    /// <inheritdoc/>
    public bool IsIdle => _scheduler.IsIdle;

    /// <inheritdoc/>
    public long SizeBytes => _model.SizeBytes + _adapters.Sum(adapter => adapter.SizeBytes);

    /// <summary>The scheduler's state in numbers.</summary>
    public SchedulerCounts Counts => _scheduler.Counts;

    /// <inheritdoc/>
    public bool TrySubmit(InferenceRequest request, out long id)
    {
        var depth = request.Labels?.Depth ?? request.MaxNewTokens;
        if (request.Prompt.Length + depth > _model.Config.ContextTokens)
            throw new ArgumentException($"The prompt has {request.Prompt.Length} tokens and its answer up to {depth}; the model's context is {_model.Config.ContextTokens}.", nameof(request));
        var adapter = -1;
        if (request.Adapter is { } name && !_adapterIndex.TryGetValue(name, out adapter))
            throw new ArgumentException($"There is no adapter {name}.", nameof(request));
        id = ++_lastId;
        if (!_scheduler.TryAdd(new Sequence(id, request.Prompt, request.MaxNewTokens, adapter, request.Labels?.Nodes.Count ?? 0)))
            return false;
        _requests.Add(id, request);
        return true;
    }

    /// <inheritdoc/>
    public void Cancel(long id)
    {
        _scheduler.Cancel(id);
        _requests.Remove(id);
    }

    /// <inheritdoc/>
    public IReadOnlyList<InferenceStep> Step(Action<long, InferenceRequest, int> complete)
    {
        var plan = _scheduler.Schedule();
        if (plan.IsEmpty)
            return [];
        // Those that generate text stand first, so that their logits are one product.
        var chunks = plan.Chunks.OrderBy(chunk => chunk is { IsLast: true, Sequence.MaxNewTokens: > 0 } ? 0 : 1).ThenBy(chunk => chunk.Sequence.Adapter).ToList();
        try
        {
            _pass.Run([.. chunks.Select(Tokens)], _states);
        }
        catch
        {
            _scheduler.Discard(plan);
            throw;
        }

        _scheduler.Complete(plan);
        var steps = new List<InferenceStep>(chunks.Count);
        var texts = chunks.Count(chunk => chunk is { IsLast: true, Sequence.MaxNewTokens: > 0 });
        var logits = texts > 0 ? _states.Logits((0, texts)) : null;
        var row = 0;
        foreach (var chunk in chunks)
        {
            var request = _requests[chunk.Sequence.Id];
            var isComplete = chunk.IsLast && request switch
            {
                TextRequest text => Continue(chunk.Sequence, text, logits + ((nint)row * _states.LogitStride)),
                LabelRequest label => Score(label, row),
                _ => throw new InvalidOperationException($"The engine does not know {request.GetType().Name}."),
            };
            row += chunk.IsLast ? Wanted(chunk).Length : 0;
            if (isComplete)
                Complete(chunk.Sequence, request, complete);
            steps.Add(new InferenceStep(chunk.Sequence.Id, chunk.Count + chunk.TreeTokens, isComplete));
        }

        return steps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _states.Dispose();
        _pass.Dispose();
        _blocks.Dispose();
        _model.Dispose();
        foreach (var adapter in _adapters)
            adapter.Dispose();
        _team.Dispose();
    }

    private static int BlockCount(InferenceModel model, InferenceOptions options)
    {
        static int BlocksFor(long tokens) => (int)((tokens + KeyValueBlocks.Tokens - 1) / KeyValueBlocks.Tokens);

        // One sequence with the longest tree must fit, and more than all sequences of a step at full length is of no use but for the cache.
        var least = BlocksFor(model.Config.ContextTokens + options.MaxStepTokens);
        var most = Math.Max(least, 2L * options.MaxStepSequences * BlocksFor(model.Config.ContextTokens));
        return (int)Math.Clamp(options.KeyValueBytes / KeyValueBlocks.BlockBytes(model.Config), least, most);
    }

    private SequenceTokens Tokens(StepChunk chunk)
    {
        var sequence = chunk.Sequence;
        var labels = chunk.IsLast ? _requests[sequence.Id].Labels : null;
        var tokens = new int[chunk.Count + chunk.TreeTokens];
        sequence.Tokens.Slice(chunk.First, chunk.Count).CopyTo(tokens);
        for (var node = 0; node < chunk.TreeTokens; node++)
            tokens[chunk.Count + node] = labels!.Nodes[node].Token;
        return new SequenceTokens(tokens, chunk.First, sequence.BlockTable.ToArray(), sequence.Adapter < 0 ? null : _adapters[sequence.Adapter])
        {
            TreeParents = labels?.Parents ?? [],
            Wanted = chunk.IsLast ? Wanted(chunk) : [],
        };
    }

    /// <summary>The last token, and of a tree the nodes where labels part.</summary>
    private int[] Wanted(StepChunk chunk) => _requests[chunk.Sequence.Id].Labels is { } labels
        ? [.. labels.BranchNodes.Select(node => chunk.Count + node)]
        : [chunk.Count - 1];

    private bool Continue(Sequence sequence, TextRequest text, float* logits)
    {
        if (text.Choose(new Span<float>(logits, _model.Config.VocabularySize)) is not { } token)
            return true;
        _scheduler.Append(sequence, token);
        return false;
    }

    private bool Score(LabelRequest request, int firstRow)
    {
        var rows = request.Labels.BranchNodes.Index().ToDictionary(branch => branch.Item, branch => firstRow + branch.Index);
        request.Probabilities = request.Labels.Probabilities((node, token) => _states.Logit(rows[node], token));
        return true;
    }

    private void Complete(Sequence sequence, InferenceRequest request, Action<long, InferenceRequest, int> complete)
    {
        _scheduler.Finish(sequence);
        _requests.Remove(sequence.Id);
        complete(sequence.Id, request, sequence.Cached);
    }
}
