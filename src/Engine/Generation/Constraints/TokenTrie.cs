namespace Platform.Engine.Generation.Constraints;

/// <summary>
/// The vocabulary as a tree of bytes, its nodes in an array, parents before children: one pass over the array walks the tree, and a
/// jump to <see cref="Node.End"/> leaves a branch out.
/// </summary>
internal sealed class TokenTrie
{
    private readonly int[] _sameBytes;

    /// <param name="bytesOf">Bytes of every token id; empty for tokens that no text has.</param>
    public TokenTrie(IReadOnlyList<byte[]> bytesOf)
    {
        _sameBytes = new int[bytesOf.Count];
        Array.Fill(_sameBytes, -1);
        int[] order = [.. Enumerable.Range(0, bytesOf.Count).Where(id => bytesOf[id].Length > 0)];
        order.AsSpan().Sort((a, b) => bytesOf[a].AsSpan().SequenceCompareTo(bytesOf[b]) is var sign && sign != 0 ? sign : a.CompareTo(b));
        var nodes = new List<Node>(order.Length * 2);
        var path = new List<int>();
        ReadOnlySpan<byte> before = [];
        foreach (var id in order)
        {
            ReadOnlySpan<byte> bytes = bytesOf[id];
            var shared = bytes.CommonPrefixLength(before);
            Close(nodes, path, shared);
            for (var depth = shared; depth < bytes.Length; depth++)
            {
                path.Add(nodes.Count);
                nodes.Add(new Node { Byte = bytes[depth], Depth = (ushort)depth, Token = -1 });
            }

            var last = nodes[path[^1]];
            _sameBytes[id] = last.Token;
            nodes[path[^1]] = last with { Token = id };
            Depth = Math.Max(Depth, bytes.Length);
            before = bytes;
        }

        Close(nodes, path, 0);
        Nodes = [.. nodes];
    }

    /// <summary>The nodes; the root, which stands for no byte, is not among them.</summary>
    public Node[] Nodes { get; }

    /// <summary>Bytes of the longest token.</summary>
    public int Depth { get; }

    /// <summary>Another token with the same bytes; -1 for none.</summary>
    public int SameBytes(int token) => _sameBytes[token];

    private static void Close(List<Node> nodes, List<int> path, int keep)
    {
        for (var i = keep; i < path.Count; i++)
            nodes[path[i]] = nodes[path[i]] with { End = nodes.Count };
        path.RemoveRange(keep, path.Count - keep);
    }

    /// <summary>A byte behind the bytes of its parents.</summary>
    public readonly record struct Node
    {
        /// <summary>Index of the first node that is not below this one.</summary>
        public int End { get; init; }

        /// <summary>A token that ends here, -1 for none.</summary>
        public int Token { get; init; }

        /// <summary>Bytes before this one.</summary>
        public ushort Depth { get; init; }

        public byte Byte { get; init; }
    }
}
