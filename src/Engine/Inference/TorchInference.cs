using Platform.Engine.Generation;
using Platform.Engine.Models;
using TorchSharp;

namespace Platform.Engine.Inference;

/// <summary>
/// Answers requests with TorchSharp's model: on a GPU, and as the plain path to compare with. A step answers one batch of the same kind and
/// adapter from beginning to end.
/// </summary>
/// <param name="model">The model; it stays the caller's.</param>
/// <param name="adapters">Adapters by name; they stay the caller's.</param>
/// <param name="maxWaiting">Most requests that wait.</param>
internal sealed class TorchInference(CausalLanguageModel model, IReadOnlyDictionary<string, LoraAdapter> adapters, int maxWaiting) : IInference
{
    private const int MaxBatchTokens = 4096; // prompt and tree tokens of one forward pass; more does not run faster on the measured machines
    private const int MaxBatchRows = 32;

    private readonly LabelScorer _scorer = new(model);
    private readonly List<(long Id, InferenceRequest Request)> _waiting = [];
    private long _lastId;

    /// <inheritdoc/>
    public bool IsIdle => _waiting.Count == 0;

    /// <inheritdoc/>
    public long SizeBytes => model.SizeBytes + adapters.Values.Sum(adapter => adapter.SizeBytes);

    /// <inheritdoc/>
    public bool TrySubmit(InferenceRequest request, out long id)
    {
        id = ++_lastId;
        if (_waiting.Count >= maxWaiting)
            return false;
        _waiting.Add((id, request));
        return true;
    }

    /// <inheritdoc/>
    public void Cancel(long id) => _waiting.RemoveAll(waiting => waiting.Id == id);

    /// <inheritdoc/>
    public IReadOnlyList<InferenceStep> Step(Action<long, InferenceRequest, int> complete)
    {
        if (_waiting.Count == 0)
            return [];
        var first = _waiting[0].Request;
        var alike = _waiting.Where(w => w.Request.Adapter == first.Adapter && w.Request.GetType() == first.GetType()).ToList();
        var batch = Batch(alike);
        using (first.Adapter is { } name ? adapters[name].Use(model) : null)
        {
            if (first is LabelRequest)
                Score(batch);
            else
                Generate(batch);
        }

        var done = batch.Select(b => b.Id).ToHashSet();
        _waiting.RemoveAll(waiting => done.Contains(waiting.Id));
        foreach (var (id, request) in batch)
            complete(id, request, 0);
        return [.. batch.Select(b => new InferenceStep(b.Id, Tokens(b.Request), true))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static int Tokens(InferenceRequest request) => request.Prompt.Length + request switch
    {
        LabelRequest labels => labels.Labels.Nodes.Count,
        TextRequest text => text.Continuation.Ids.Count,
        _ => 0,
    };

    /// <summary>
    /// Labels are scored in passes of similar length. Text is generated in as large batches as possible, because each of its many steps costs
    /// nearly the same for one row as for all.
    /// </summary>
    private List<(long Id, InferenceRequest Request)> Batch(List<(long Id, InferenceRequest Request)> alike)
    {
        if (alike[0].Request is LabelRequest)
        {
            var passes = ForwardPasses.Split([.. alike.Select(a => Tokens(a.Request))], MaxBatchTokens, MaxBatchRows, model.Device.type);
            return [.. passes.First(pass => pass.Contains(0)).Select(place => alike[place])];
        }

        var rows = Math.Max(1, Math.Min(MaxBatchRows, MaxBatchTokens / alike.Take(MaxBatchRows).Max(a => a.Request.Prompt.Length + a.Request.MaxNewTokens)));
        return [.. alike.Take(rows)];
    }

    private void Score(List<(long Id, InferenceRequest Request)> batch)
    {
        var requests = batch.ConvertAll(b => (LabelRequest)b.Request);
        var scores = _scorer.Score([.. requests.Select(r => (r.Prompt, r.Labels))]);
        foreach (var (request, probabilities) in requests.Zip(scores))
            request.Probabilities = probabilities;
    }

    private void Generate(List<(long Id, InferenceRequest Request)> batch) => new BatchDecoder(model).Generate(batch.ConvertAll(b => (TextRequest)b.Request));
}
