using TorchSharp;

namespace Platform.Engine.Models;

/// <summary>Shares rows of different lengths out to forward passes. A pass computes every row at the length of its longest one.</summary>
internal static class ForwardPasses
{
    // What a pass costs beside its tokens, in tokens: about a hundred small operators and, in training, adding up the gradients.
    // Measured on two CPU cores it is 25 to 60; a GPU is busy with thousands of tokens before that shows.
    private const int CpuPassTokens = 48;
    private const int GpuPassTokens = 4096;

    // What a group of rows costs within a packed pass, in tokens. On a CPU nothing that shows: rows of one length are a group, and none is padded.
    private const int CpuGroupTokens = 1;
    private const int GpuGroupTokens = 4096;

    /// <summary>
    /// The split into the groups of a packed pass, where only attention is computed group by group. On a GPU its small operators are dearer than
    /// padding.
    /// </summary>
    /// <param name="lengths">Tokens of each row.</param>
    /// <param name="maxTokens">Most tokens of a group, padding included; a longer row gets a group of its own.</param>
    /// <param name="device">Where they run.</param>
    /// <returns>The rows of each group by their place in <paramref name="lengths"/>, shortest first.</returns>
    public static IReadOnlyList<int[]> Groups(IReadOnlyList<int> lengths, int maxTokens, DeviceType device) =>
        Split(lengths, maxTokens, lengths.Count, device == DeviceType.CPU ? CpuGroupTokens : GpuGroupTokens);

    /// <summary>The split with the least computed tokens, the cost of the passes included.</summary>
    /// <param name="lengths">Tokens of each row.</param>
    /// <param name="maxTokens">Most tokens of a pass, padding included; a longer row gets a pass of its own.</param>
    /// <param name="maxRows">Most rows of a pass.</param>
    /// <param name="device">Where they run.</param>
    /// <returns>The rows of each pass by their place in <paramref name="lengths"/>, shortest first.</returns>
    public static IReadOnlyList<int[]> Split(IReadOnlyList<int> lengths, int maxTokens, int maxRows, DeviceType device) =>
        Split(lengths, maxTokens, maxRows, device == DeviceType.CPU ? CpuPassTokens : GpuPassTokens);

    private static List<int[]> Split(IReadOnlyList<int> lengths, int maxTokens, int maxRows, int passTokens)
    {
        var order = Enumerable.Range(0, lengths.Count).OrderBy(i => lengths[i]).ToArray();

        // The rows up to `end` cost least when the last pass begins at starts[end].
        var cost = new long[order.Length + 1];
        var starts = new int[order.Length + 1];
        for (var end = 1; end <= order.Length; end++)
        {
            var width = lengths[order[end - 1]];
            cost[end] = long.MaxValue;
            for (var start = end - 1; start >= 0; start--)
            {
                var rows = end - start;
                if (rows > 1 && (rows > maxRows || (long)rows * width > maxTokens))
                    break;
                var total = cost[start] + ((long)rows * width) + passTokens;
                if (total < cost[end])
                    (cost[end], starts[end]) = (total, start);
            }
        }

        var passes = new List<int[]>();
        for (var end = order.Length; end > 0; end = starts[end])
            passes.Add(order[starts[end]..end]);
        passes.Reverse();
        return passes;
    }
}
