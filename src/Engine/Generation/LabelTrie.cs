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
        Parents = [.. _nodes.Select(node => node.Parent)];
        BranchNodes = [.. Branches().Select(branch => branch.Node)];
        Depth = _nodes.Select(node => node.Depth).DefaultIfEmpty(0).Max();
    }

    /// <summary>Number of labels.</summary>
    public int Labels { get; }

    /// <summary>Tokens that must be processed after the prompt, parents before children.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>The node before each node, -1 for the prompt's last token.</summary>
    public IReadOnlyList<int> Parents { get; }

    /// <summary>The nodes where labels part, -1 for the prompt's last token: their logits are all that is needed.</summary>
    public IReadOnlyList<int> BranchNodes { get; }

    /// <summary>Positions that the tree takes behind the prompt: its tokens stand beside each other.</summary>
    public int Depth { get; }

    /// <summary>The choice made right after the prompt.</summary>
    public Branch Root { get; }

    /// <summary>Tokens of a label as an answer, the end token included.</summary>
    /// <param name="label">Index of the label.</param>
    public int TokensOf(int label) => _labelTokens[label];

    /// <summary>Every branch that must be decided, parents before children.</summary>
    public IEnumerable<Branch> Branches() => Branches(Root);

    /// <summary>The probability of each label under decoding that can only end in a label; they add up to 1.</summary>
    /// <param name="logit">The logit of a token behind a node, -1 for the prompt's last token.</param>
    public double[] Probabilities(Func<int, int, float> logit)
    {
        var probabilities = new double[Labels];
        Spread(Root, 1, logit, probabilities);
        return probabilities;
    }

    private static IEnumerable<Branch> Branches(Branch branch) =>
        branch.Children.Where(c => c.Next is not null).SelectMany(c => Branches(c.Next!)).Prepend(branch);

    private static void Spread(Branch branch, double mass, Func<int, int, float> logit, double[] probabilities)
    {
        var logits = branch.Children.Select(child => logit(branch.Node, child.Token)).ToArray();
        var highest = logits.Max();
        var sum = logits.Sum(value => Math.Exp((double)value - highest));
        foreach (var ((_, label, next), value) in branch.Children.Zip(logits))
        {
            var share = mass * Math.Exp((double)value - highest) / sum;
            if (label is { } only)
                probabilities[only] = share;
            else
                Spread(next!, share, logit, probabilities);
        }
    }

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
