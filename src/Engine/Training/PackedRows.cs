using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>
/// The rows of one forward pass, one behind the other in a single sequence: linear maps and norms run over all tokens at once, attention only
/// within each row. The rows of a group are computed at the length of its longest one; on a CPU all are equally long, so nothing is padded.
/// </summary>
internal sealed class PackedRows
{
    private readonly IReadOnlyList<TokenizedRow> _rows;

    private PackedRows(IReadOnlyList<TokenizedRow> rows, IReadOnlyList<int[]> groups)
    {
        _rows = rows;
        Members = [.. groups.SelectMany(group => group)];
        Groups = [.. groups.Select(group => new RowGroup(group.Length, group.Max(i => InputTokens(rows[i]))))];
    }

    /// <summary>The rows of this pass by their place in the list that was planned, in the order of their tokens.</summary>
    public IReadOnlyList<int> Members { get; }

    /// <summary>Answer tokens of all rows.</summary>
    public long Answers => Members.Sum(i => (long)_rows[i].AnswerTokens);

    /// <summary>Rows of one length each, in the order of their tokens.</summary>
    public IReadOnlyList<RowGroup> Groups { get; }

    /// <summary>Shares rows out to passes.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="maxTokens">Most tokens of a pass; a longer row gets a pass of its own.</param>
    /// <param name="device">Where they run.</param>
    public static IReadOnlyList<PackedRows> Plan(IReadOnlyList<TokenizedRow> rows, int maxTokens, DeviceType device)
    {
        var passes = new List<PackedRows>();
        var open = new List<int[]>();
        var tokens = 0L;
        foreach (var group in ForwardPasses.Groups([.. rows.Select(InputTokens)], maxTokens, device))
        {
            var size = (long)group.Length * group.Max(i => InputTokens(rows[i]));
            if (open.Count > 0 && tokens + size > maxTokens)
            {
                passes.Add(new PackedRows(rows, open));
                (open, tokens) = ([], 0);
            }

            open.Add(group);
            tokens += size;
        }

        if (open.Count > 0)
            passes.Add(new PackedRows(rows, open));
        return passes;
    }

    /// <summary>The pass as tensors, in the caller's dispose scope.</summary>
    /// <param name="device">Where to.</param>
    /// <returns>Token ids [1, T], positions [1, T], and of each answer token, row after row, the place before it and its id.</returns>
    public (Tensor Ids, Tensor Positions, Tensor Places, Tensor Targets) Lay(Device device)
    {
        var total = Groups.Sum(group => group.Tokens);
        var (ids, positions) = (new long[total], new long[total]);
        var (places, targets) = (new List<long>(), new List<long>());
        var (at, member) = (0L, 0);
        foreach (var group in Groups)
        {
            for (var i = 0; i < group.Rows; i++, at += group.Length)
            {
                var row = _rows[Members[member++]];
                for (var t = 0; t < group.Length; t++)
                    (ids[at + t], positions[at + t]) = (t < InputTokens(row) ? row.Ids[t] : 0, t);
                for (var t = row.PromptTokens; t < row.Ids.Length; t++)
                {
                    places.Add(at + t - 1);
                    targets.Add(row.Ids[t]);
                }
            }
        }

        return (tensor(ids, [1, total], device: device), tensor(positions, [1, total], device: device), tensor(places.ToArray(), device: device), tensor(targets.ToArray(), device: device));
    }

    // The last token is only a target.
    private static int InputTokens(TokenizedRow row) => row.Ids.Length - 1;
}
