namespace Platform.Engine.Inference;

/// <summary>The new tokens of one sequence in a step.</summary>
/// <param name="Tokens">Their ids. With a tree, the prompt's part comes first and the tree's nodes follow.</param>
/// <param name="Computed">Tokens of the sequence whose keys and values are in its blocks already.</param>
/// <param name="Blocks">The sequence's blocks in order; room for all tokens, the new ones included.</param>
/// <param name="Adapter">Adapter to use, or null for the shared model as it is.</param>
internal sealed record SequenceTokens(ArraySegment<int> Tokens, int Computed, int[] Blocks, InferenceAdapter? Adapter = null)
{
    /// <summary>
    /// For the last tokens, which form a tree behind the prompt: index of the node before each, -1 for the prompt's last token; parents before
    /// children. A node sees the prompt and its ancestors only. Empty when there is no tree.
    /// </summary>
    public IReadOnlyList<int> TreeParents { get; init; } = [];

    /// <summary>Which of the tokens' final hidden states are wanted, by their place in <see cref="Tokens"/>.</summary>
    public IReadOnlyList<int> Wanted { get; init; } = [];

    /// <summary>New tokens that are not part of a tree.</summary>
    public int Chain => Tokens.Count - TreeParents.Count;
}
