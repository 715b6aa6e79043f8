using Platform.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Models;

/// <summary>
/// What every adapted map saw in one pass and which gradient came back to it, token by token: enough for the gradient of each row, which
/// autograd would only give summed over all rows.
/// </summary>
internal sealed class AdapterTrace : IDisposable
{
    private readonly IReadOnlyList<LoraWeights> _maps;
    private readonly List<Entry> _entries = [];

    /// <param name="maps">The maps to watch until this is disposed.</param>
    public AdapterTrace(IReadOnlyList<LoraWeights> maps)
    {
        _maps = maps;
        foreach (var map in maps)
            map.Trace = this;
    }

    /// <summary>Called by a map in its forward pass.</summary>
    /// <param name="map">The map.</param>
    /// <param name="input">[..., inputs].</param>
    /// <param name="low">[..., r].</param>
    /// <param name="change">[..., outputs], scaled.</param>
    /// <returns>The same change, behind a leaf that will hold its gradient.</returns>
    public Tensor Watch(LoraWeights map, Tensor input, Tensor low, Tensor change)
    {
        var leaf = zeros_like(change).requires_grad_();
        _entries.Add(new Entry(map, input.detach().DetachFromDisposeScope(), low.detach().DetachFromDisposeScope(), leaf.DetachFromDisposeScope()));
        return change.Plus(leaf);
    }

    /// <summary>The gradients of both factors of each map, row by row, behind a backward pass over packed rows.</summary>
    /// <param name="groups">The rows of the pass, as maps see them that compute all tokens.</param>
    /// <param name="answers">The same rows as maps of the last layer see them that only compute the places of answers.</param>
    /// <param name="receive">Gets the map's index and [rows, r · inputs] for A or [rows, outputs · r] for B; they are gone behind the call.</param>
    public void RowGradients(IReadOnlyList<RowGroup> groups, IReadOnlyList<RowGroup> answers, Action<(int Map, bool IsA), Tensor> receive)
    {
        using var noGrad = no_grad();
        var all = groups.Sum(group => group.Tokens);
        foreach (var entry in _entries)
        {
            using var scope = NewDisposeScope();
            var seen = entry.Leaf.shape[0] * entry.Leaf.shape[1] == all ? groups : answers;
            var rank = entry.Map.A.shape[0];
            var back = (entry.Leaf.grad ?? throw new InvalidOperationException("There was no backward pass to take gradients from.")).flatten(0, 1).Times(entry.Map.Scale); // [T, outputs]
            var backLow = back.matmul(entry.Map.B); // [T, r]
            receive((entry.Map.Index, true), ByRow(seen, backLow, entry.Input.flatten(0, 1).to(backLow.dtype)));
            receive((entry.Map.Index, false), ByRow(seen, back, entry.Low.flatten(0, 1).view(-1, rank)));
        }
    }

    /// <summary>Forgets a pass.</summary>
    public void Clear()
    {
        foreach (var entry in _entries)
        {
            entry.Input.Dispose();
            entry.Low.Dispose();
            entry.Leaf.grad?.Dispose();
            entry.Leaf.Dispose();
        }

        _entries.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        foreach (var map in _maps)
            map.Trace = null;
    }

    /// <summary>The sum over each row's tokens of the outer products of two vectors: [rows, left · right].</summary>
    private static Tensor ByRow(IReadOnlyList<RowGroup> groups, Tensor left, Tensor right)
    {
        var sums = new List<Tensor>(groups.Count);
        var at = 0L;
        foreach (var group in groups)
        {
            var leftRows = left.narrow(0, at, group.Tokens).view(group.Rows, group.Length, -1);
            var rightRows = right.narrow(0, at, group.Tokens).view(group.Rows, group.Length, -1);
            sums.Add(leftRows.transpose(1, 2).bmm(rightRows).flatten(1));
            at += group.Tokens;
        }

        return cat(sums, 0);
    }

    private sealed record Entry(LoraWeights Map, Tensor Input, Tensor Low, Tensor Leaf);
}
