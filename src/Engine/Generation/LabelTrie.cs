namespace Platform.Engine.Generation;

/// <summary>
/// The labels of a task as a tree of tokens, cut where a label is the only one left: what follows there is forced, so no model
/// needs to be asked.
/// </summary>
internal sealed class LabelTrie
{
    private readonly List<Node> _nodes = [];
    private readonly int[] _labelTokens;

    /// <param name="answers">Token ids of each label, the end token included; distinct.</param>
    public LabelTrie(IReadOnlyList<int[]> answers)
    {
        if (answers.Count == 0)
            throw new ArgumentException("A label trie needs at least one label.", nameof(answers));
        _labelTokens = [.. answers.Select(a => a.Length)];
        Labels = answers.Count;
        Root = Build(answers, [.. Enumerable.Range(0, answers.Count)], depth: 0, parent: -1, token: -1);
    }

    /// <summary>Number of labels.</summary>
    public int Labels { get; }

    /// <summary>Tokens that must be processed after the prompt, parents before children.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>The choice made right after the prompt.</summary>
    public Branch Root { get; }

    /// <summary>Tokens of a label as an answer, the end token included.</summary>
    /// <param name="label">Index of the label.</param>
    public int TokensOf(int label) => _labelTokens[label];

    private Branch Build(IReadOnlyList<int[]> answers, int[] labels, int depth, int parent, int token)
    {
        var node = parent;
        if (token >= 0)
        {
            node = _nodes.Count;
            _nodes.Add(new Node(token, parent, depth));
        }

        var children = new List<(int Token, int? Label, Branch? Next)>();
        foreach (var group in labels.GroupBy(label => answers[label][depth]))
        {
            int[] members = [.. group];
            children.Add(members.Length == 1
                ? (group.Key, members[0], null)
                : (group.Key, null, Build(answers, members, depth + 1, node, group.Key)));
        }

        return new Branch(node, children);
    }

    /// <summary>A token of the tree.</summary>
    /// <param name="Token">Its id.</param>
    /// <param name="Parent">Index of the node before it, -1 for the prompt's last token.</param>
    /// <param name="Depth">1 for the first token after the prompt.</param>
    public sealed record Node(int Token, int Parent, int Depth);

    /// <summary>A choice among tokens.</summary>
    /// <param name="Node">The node whose output decides, -1 for the prompt's last token.</param>
    /// <param name="Children">Tokens to choose from, each with the only label left or the next choice.</param>
    public sealed record Branch(int Node, IReadOnlyList<(int Token, int? Label, Branch? Next)> Children);
}
