using Platform.Engine.Generation;
using Platform.Engine.Inference;

namespace Platform.EngineBench.Engines;

/// <summary>
/// The passes of our classification and nothing else: the instruction's blocks are kept, the input and the label tree of sixteen requests are one
/// pass, and the head is computed for the labels' tokens only.
/// </summary>
internal sealed class TreeClassifier : IDisposable
{
    private const int Kept = Workload.InstructionTokens / KeyValueBlocks.Tokens; // blocks: full ones can be shared

    private readonly PackedRun _run;
    private readonly (int[] Blocks, LabelTrie Trie)[] _tasks;
    private readonly int[][] _slots;

    /// <param name="engine">Whose weights and threads.</param>
    /// <param name="workload">The tasks.</param>
    public TreeClassifier(PackedEngine engine, Workload workload)
    {
        var each = PackedEngine.BlocksFor(Workload.InstructionTokens + Workload.InputTokens + 16) - Kept;
        _run = new PackedRun(engine, Workload.Tasks * (Kept + each));
        _tasks = [.. Enumerable.Range(0, Workload.Tasks).Select(t => (
            Enumerable.Range(t * Kept, Kept).ToArray(), new LabelTrie([.. workload.Labels(t).Select(label => (int[])[.. label, workload.Prompts.EndToken])])))];
        _slots = [.. Enumerable.Range(0, Workload.Tasks).Select(s => Enumerable.Range((Workload.Tasks * Kept) + (s * each), each).ToArray())];
        for (var t = 0; t < Workload.Tasks; t++)
            _run.Pass([new SequenceTokens(workload.Instruction(t)[..(Kept * KeyValueBlocks.Tokens)], 0, _tasks[t].Blocks)]);
    }

    /// <summary>The most likely label of each request.</summary>
    /// <param name="requests">At most sixteen.</param>
    public int[] Classify(IReadOnlyList<Request> requests)
    {
        var states = _run.Pass([.. requests.Select((request, slot) =>
        {
            var (blocks, trie) = _tasks[request.Task];
            var input = request.Ids.AsSpan(Kept * KeyValueBlocks.Tokens);
            return new SequenceTokens((int[])[.. input, .. trie.Nodes.Select(n => n.Token)], Kept * KeyValueBlocks.Tokens, [.. blocks, .. _slots[slot]])
            {
                TreeParents = [.. trie.Nodes.Select(n => n.Parent)],
                Wanted = [.. Enumerable.Range(input.Length - 1, trie.Nodes.Count + 1)],
            };
        })]);
        var first = 0;
        return [.. requests.Select(request =>
        {
            var trie = _tasks[request.Task].Trie;
            var label = Choose(states, first, trie.Root);
            first += trie.Nodes.Count + 1;
            return label;
        })];
    }

    public void Dispose() => _run.Dispose();

    private static int Choose(HiddenStates states, int first, LabelTrie.Branch branch)
    {
        var best = branch.Children.MaxBy(child => states.Logit(first + 1 + branch.Node, child.Token));
        return best.Label ?? Choose(states, first, best.Next!);
    }
}
