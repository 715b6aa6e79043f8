using System.Numerics;

namespace Platform.Engine.Scheduling;

/// <summary>
/// The blocks of a key/value cache, as numbers. A block full of computed tokens is published under its content, which is the adapter
/// and every token from the sequence's start to the block's end; sequences that begin alike share it by counting references. It stays
/// findable when nobody holds it, until its room is needed: then the one whose last use is the longest ago goes first.
/// </summary>
/// <remarks>
/// Whoever holds a block holds its parent too, and blocks are given back from the end. So a parent always outlives its children, and
/// "same parent block, same tokens" means "same tokens from the start": the hash finds a block, it never proves one.
/// </remarks>
public sealed class BlockPool
{
    private readonly Block[] _blocks;
    private readonly Stack<int> _free;
    private readonly LinkedList<Block> _unused = []; // published and held by nobody, the longest unused first
    private readonly Dictionary<ulong, int> _published = [];
    private readonly Func<ulong, int[], ulong> _hash;
    private readonly int _blockTokens;

    /// <param name="blocks">How many there are.</param>
    /// <param name="blockTokens">Tokens of each.</param>
    public BlockPool(int blocks, int blockTokens)
        : this(blocks, blockTokens, Hash)
    {
    }

    /// <param name="blocks">How many there are.</param>
    /// <param name="blockTokens">Tokens of each.</param>
    /// <param name="hash">Hash of a block's tokens behind a parent's hash; tests give one that collides.</param>
    internal BlockPool(int blocks, int blockTokens, Func<ulong, int[], ulong> hash)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blocks, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockTokens, 1);
        (_blockTokens, _hash) = (blockTokens, hash);
        _blocks = [.. Enumerable.Range(0, blocks).Select(id => new Block(id))];
        _free = new Stack<int>(Enumerable.Range(0, blocks).Reverse());
    }

    /// <summary>Blocks without content.</summary>
    public int Free => _free.Count;

    /// <summary>Blocks with content that nobody holds.</summary>
    public int Cached => _unused.Count;

    /// <summary>Blocks that sequences hold.</summary>
    public int Used => _blocks.Length - Available;

    private int Available => _free.Count + _unused.Count;

    /// <summary>Sequences that hold a block.</summary>
    /// <param name="block">The block.</param>
    public int References(int block) => _blocks[block].References;

    /// <summary>Whether a block can be found by its content. Such a block is full and is never written again.</summary>
    /// <param name="block">The block.</param>
    public bool IsPublished(int block) => _blocks[block].Tokens is not null;

    /// <summary>The block that a published one goes on from; negative for the first of a sequence.</summary>
    /// <param name="block">The block.</param>
    internal int Parent(int block) => _blocks[block].Parent;

    /// <summary>Gives a sequence without blocks what it needs: those that are cached, and new ones for the rest.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="spare">Blocks that must stay available.</param>
    /// <returns>False, and nothing has changed, when there are too few blocks.</returns>
    internal bool TryAdmit(Sequence sequence, int spare)
    {
        // The last token is always computed, because the logits behind it are wanted.
        var most = (sequence.TokenCount - 1) / _blockTokens;
        for (; sequence.SharedBlocks < most && Find(sequence, sequence.SharedBlocks) is { } block; sequence.SharedBlocks++)
        {
            Hold(block);
            sequence.Blocks.Add(block.Id);
        }

        if (!TryGrow(sequence, spare))
        {
            Release(sequence);
            return false;
        }

        sequence.Computed = sequence.SharedBlocks * _blockTokens;
        return true;
    }

    /// <summary>Gives a sequence the blocks that its tokens and its tree need and that it does not have yet.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="spare">Blocks that must stay available.</param>
    /// <returns>False, and nothing has changed, when there are too few blocks.</returns>
    internal bool TryGrow(Sequence sequence, int spare = 0)
    {
        var missing = BlocksFor(sequence.CacheTokens) - sequence.Blocks.Count;
        if (missing > 0 && missing + spare > Available)
            return false;
        for (; missing > 0; missing--)
            sequence.Blocks.Add(Take());
        return true;
    }

    /// <summary>Makes the full blocks of a sequence's computed tokens findable; one whose content is there already is exchanged for that one.</summary>
    /// <param name="sequence">The sequence.</param>
    internal void Publish(Sequence sequence)
    {
        for (; (sequence.SharedBlocks + 1) * _blockTokens <= sequence.Computed; sequence.SharedBlocks++)
        {
            var index = sequence.SharedBlocks;
            if (Find(sequence, index) is { } same)
            {
                Hold(same);
                Release(sequence.Blocks[index]);
                sequence.Blocks[index] = same.Id;
                continue;
            }

            var (parent, hash, tokens) = Content(sequence, index);
            if (!_published.TryAdd(hash, sequence.Blocks[index]))
                return; // Another content with the same hash: this one and all behind it stay private.
            _blocks[sequence.Blocks[index]].Publish(parent, hash, tokens);
        }
    }

    /// <summary>Takes all blocks from a sequence; published ones stay findable.</summary>
    /// <param name="sequence">The sequence.</param>
    internal void Release(Sequence sequence)
    {
        for (var i = sequence.Blocks.Count - 1; i >= 0; i--)
            Release(sequence.Blocks[i]);
        sequence.Blocks.Clear();
        sequence.SharedBlocks = 0;
    }

    /// <summary>Blocks that a number of tokens takes.</summary>
    /// <param name="tokens">The tokens.</param>
    internal int BlocksFor(long tokens) => (int)((tokens + _blockTokens - 1) / _blockTokens);

    private Block? Find(Sequence sequence, int index)
    {
        var (parent, hash, tokens) = Content(sequence, index);
        return _published.TryGetValue(hash, out var id) && _blocks[id].Holds(parent, tokens) ? _blocks[id] : null;
    }

    /// <summary>What a sequence's block is about: the block before it (or the adapter, as a negative number), and its own tokens.</summary>
    private (int Parent, ulong Hash, int[] Tokens) Content(Sequence sequence, int index)
    {
        var tokens = sequence.Tokens.Slice(index * _blockTokens, _blockTokens).ToArray();
        if (index == 0)
            return (-2 - sequence.Adapter, _hash((ulong)(uint)(-2 - sequence.Adapter), tokens), tokens);
        var parent = _blocks[sequence.Blocks[index - 1]];
        return (parent.Id, _hash(parent.Hash, tokens), tokens);
    }

    private int Take()
    {
        if (!_free.TryPop(out var id))
        {
            var oldest = _unused.First!.Value;
            _unused.RemoveFirst();
            _published.Remove(oldest.Hash);
            oldest.Forget();
            id = oldest.Id;
        }

        _blocks[id].References = 1;
        return id;
    }

    private void Hold(Block block)
    {
        if (block.References++ == 0)
            _unused.Remove(block.Place);
    }

    private void Release(int id)
    {
        var block = _blocks[id];
        if (--block.References > 0)
            return;
        if (block.Tokens is null)
            _free.Push(id);
        else
            _unused.AddLast(block.Place);
    }

    private static ulong Hash(ulong parent, int[] tokens)
    {
        var hash = (parent + 1) * 0x9E3779B97F4A7C15;
        foreach (var token in tokens)
            hash = (BitOperations.RotateLeft(hash, 29) ^ (uint)token) * 0xD6E8FEB86659FD93;
        return hash ^ (hash >> 32);
    }

    private sealed class Block
    {
        public Block(int id)
        {
            Id = id;
            Place = new LinkedListNode<Block>(this);
        }

        public int Id { get; }

        public int References { get; set; }

        public LinkedListNode<Block> Place { get; }

        public int Parent { get; private set; }

        public ulong Hash { get; private set; }

        public int[]? Tokens { get; private set; }

        public bool Holds(int parent, int[] tokens) => Parent == parent && tokens.AsSpan().SequenceEqual(Tokens);

        public void Publish(int parent, ulong hash, int[] tokens) => (Parent, Hash, Tokens) = (parent, hash, tokens);

        public void Forget() => Tokens = null;
    }
}
