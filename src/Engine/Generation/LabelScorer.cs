using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Generation;

/// <summary>
/// Classifies by scoring: one forward pass over the prompt and the branching tokens of all labels gives every label's probability
/// under decoding that can only end in a label.
/// </summary>
/// <remarks>The tree's tokens share one sequence: a mask lets each see the prompt and its own ancestors only.</remarks>
internal sealed class LabelScorer(CausalLanguageModel model)
{
    /// <summary>Scores a batch.</summary>
    /// <param name="rows">Prompt ids and the trie of the task.</param>
    /// <returns>For each row the probability of each label; they add up to 1.</returns>
    public double[][] Score(IReadOnlyList<(int[] Prompt, LabelTrie Trie)> rows)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var length = rows.Max(r => r.Prompt.Length + r.Trie.Nodes.Count);
        var hasTree = rows.Any(r => r.Trie.Nodes.Count > 0);
        var ids = new long[rows.Count * length];
        var positions = new long[rows.Count * length];
        for (var b = 0; b < rows.Count; b++)
            Lay(rows[b].Prompt, rows[b].Trie, ids.AsSpan(b * length, length), positions.AsSpan(b * length, length));

        // Without a tree, right padding and plain causal attention do.
        var mask = hasTree ? tensor(Mask(rows, length), [rows.Count, 1, length, length], device: model.Device) : null;
        var hidden = model.Hidden(
            tensor(ids, [rows.Count, length], device: model.Device),
            tensor(positions, [rows.Count, length], device: model.Device),
            mask,
            cache: null); // [B, T, C]

        var branches = rows.Select(r => r.Trie.Branches().ToList()).ToList();
        var index = branches.SelectMany((list, b) => list.Select(branch =>
            (long)(b * length) + (branch.Node < 0 ? rows[b].Prompt.Length - 1 : rows[b].Prompt.Length + branch.Node))).ToArray();
        var logits = model.Head(hidden.flatten(0, 1).index_select(0, tensor(index, device: model.Device))).cpu(); // [branches, V]
        var values = logits.data<float>().ToArray();
        var at = 0;
        return [.. rows.Select((row, b) =>
        {
            var starts = branches[b].ToDictionary(branch => branch.Node, _ => at++ * model.Config.VocabularySize);
            return row.Trie.Probabilities((node, token) => values[starts[node] + token]);
        })];
    }

    private static void Lay(int[] prompt, LabelTrie trie, Span<long> ids, Span<long> positions)
    {
        for (var t = 0; t < prompt.Length; t++)
            (ids[t], positions[t]) = (prompt[t], t);
        for (var n = 0; n < trie.Nodes.Count; n++)
            (ids[prompt.Length + n], positions[prompt.Length + n]) = (trie.Nodes[n].Token, prompt.Length + trie.Nodes[n].Depth - 1);
    }

    private static bool[] Mask(IReadOnlyList<(int[] Prompt, LabelTrie Trie)> rows, int length)
    {
        var mask = new bool[rows.Count * length * length];
        for (var b = 0; b < rows.Count; b++)
        {
            var (prompt, trie) = rows[b];
            for (var t = 0; t < length; t++)
            {
                var row = mask.AsSpan((b * length + t) * length, length);
                row[t] = true; // padding sees itself, so that its softmax is defined
                if (t < prompt.Length)
                {
                    row[..(t + 1)].Fill(true);
                }
                else if (t - prompt.Length is var node && node < trie.Nodes.Count)
                {
                    row[..prompt.Length].Fill(true);
                    for (; node >= 0; node = trie.Nodes[node].Parent)
                        row[prompt.Length + node] = true;
                }
            }
        }

        return mask;
    }
}
