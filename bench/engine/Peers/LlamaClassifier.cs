using Platform.EngineBench.Engines;

namespace Platform.EngineBench.Peers;

/// <summary>
/// What llama.cpp's server does for classification, without the server: a slot for each task keeps the task's instruction, the inputs of all slots are
/// one batch with logits behind their last tokens only, and the label's tokens follow greedily among those that the labels allow, all slots at a time,
/// until only one label is left.
/// </summary>
internal sealed class LlamaClassifier : IDisposable
{
    private const int SlotTokens = 192;

    private readonly LlamaContext _context;
    private readonly LlamaBatchBuffer _batch = new(Workload.Tasks * SlotTokens);
    private readonly int[][][] _labels;

    /// <param name="engine">Whose weights.</param>
    /// <param name="workload">The tasks.</param>
    /// <param name="unified">One key/value memory for all slots, or one for each.</param>
    /// <param name="threads">Threads.</param>
    public LlamaClassifier(LlamaEngine engine, Workload workload, bool unified, int threads)
    {
        _labels = [.. Enumerable.Range(0, Workload.Tasks).Select(workload.Labels)];
        _context = engine.NewContext(Workload.Tasks, SlotTokens, unified);
        _context.Begin(threads);
        for (var task = 0; task < Workload.Tasks; task++)
        {
            _batch.Clear();
            var instruction = workload.Instruction(task);
            for (var t = 0; t < instruction.Length; t++)
                _batch.Add(instruction[t], t, task, t == instruction.Length - 1);
            _context.Decode(_batch);
        }

        _context.End();
    }

    public LlamaContext Context => _context;

    /// <summary>The chosen label of each request.</summary>
    /// <param name="requests">Of different tasks.</param>
    public int[] Classify(IReadOnlyList<Request> requests)
    {
        _batch.Clear();
        var asked = new int[requests.Count];
        for (var r = 0; r < requests.Count; r++)
        {
            var request = requests[r];
            LlamaLibrary.RemoveFromSequence(_context.Memory, request.Task, Workload.InstructionTokens, -1);
            for (var t = Workload.InstructionTokens; t < request.Ids.Length; t++)
                asked[r] = _batch.Add(request.Ids[t], t, request.Task, t == request.Ids.Length - 1);
        }

        var left = requests.Select(_ => Enumerable.Range(0, 6).ToList()).ToArray();
        for (var depth = 0; _batch.Count > 0; depth++)
        {
            _context.Decode(_batch);
            var chosen = requests.Select((request, r) => left[r].Count > 1 ? Choose(asked[r], request.Task, left[r], depth) : -1).ToArray();
            _batch.Clear();
            for (var r = 0; r < requests.Count; r++)
            {
                if (left[r].Count > 1)
                    asked[r] = _batch.Add(chosen[r], requests[r].Ids.Length + depth, requests[r].Task, true);
            }
        }

        return [.. left.Select(labels => labels[0])];
    }

    public void Dispose()
    {
        _context.Dispose();
        _batch.Dispose();
    }

    /// <summary>The most likely token that a label has here; the labels without it leave.</summary>
    private int Choose(int asked, int task, List<int> left, int depth)
    {
        var logits = _context.Logits(asked);
        var best = _labels[task][left[0]][depth];
        foreach (var label in left)
        {
            if (logits[_labels[task][label][depth]] > logits[best])
                best = _labels[task][label][depth];
        }

        left.RemoveAll(label => _labels[task][label][depth] != best);
        return best;
    }
}
