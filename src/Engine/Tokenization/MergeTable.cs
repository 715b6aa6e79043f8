namespace Platform.Engine.Tokenization;

/// <summary>The merges of a BPE model: which pairs of tokens become one token, and which pair goes first.</summary>
/// <remarks>
/// An open hash table from pair to rank, half the size of a Dictionary and without its indirections: it is asked once or twice for each
/// symbol of each word.
/// </remarks>
internal sealed class MergeTable
{
    private readonly ulong[] _pairs;
    private readonly int[] _ranks;
    private readonly int _shift;
    private readonly int[] _lefts;
    private readonly int[] _rights;
    private readonly int[] _ids;

    /// <param name="merges">In order of rank. Of a pair that is there twice the later rank counts, as in the reference.</param>
    public MergeTable(IReadOnlyList<(int Left, int Right, int Id)> merges)
    {
        _shift = 64 - Math.Max(4, System.Numerics.BitOperations.Log2((uint)merges.Count * 3 / 2 + 1) + 1);
        _pairs = new ulong[1 << (64 - _shift)];
        _ranks = new int[_pairs.Length];
        Array.Fill(_ranks, -1);
        _lefts = new int[merges.Count];
        _rights = new int[merges.Count];
        _ids = new int[merges.Count];
        for (var rank = 0; rank < merges.Count; rank++)
        {
            (_lefts[rank], _rights[rank], _ids[rank]) = merges[rank];
            var slot = SlotOf(Key(_lefts[rank], _rights[rank]));
            _pairs[slot] = Key(_lefts[rank], _rights[rank]);
            _ranks[slot] = rank;
        }
    }

    /// <summary>The rank of merging two neighbours, 0 goes first; negative when they are not merged.</summary>
    public int RankOf(int left, int right) => _ranks[SlotOf(Key(left, right))];

    /// <summary>Whether the merge of this rank is that of these neighbours.</summary>
    public bool IsOf(int rank, int left, int right) => _lefts[rank] == left && _rights[rank] == right;

    /// <summary>The token that the merge of this rank gives.</summary>
    public int IdOf(int rank) => _ids[rank];

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    // The slot that has the pair, or the free one where it would be: the table is never full.
    private int SlotOf(ulong key)
    {
        var slot = (int)((key * 0x9E3779B97F4A7C15UL) >> _shift);
        while (_ranks[slot] >= 0 && _pairs[slot] != key)
            slot = (slot + 1) & (_pairs.Length - 1);
        return slot;
    }
}
