using CsCheck;
using Platform.Engine.Models;
using TorchSharp;

namespace Platform.Engine.Tests.Models;

public sealed class ForwardPassesTests
{
    [Fact]
    public void Split_AnyLengths_PutsEveryRowIntoOnePassWithinTheLimits() =>
        Gen.Select(Gen.Int[1, 300].Array[0, 60], Gen.Int[1, 2000], Gen.Int[1, 40]).Sample((lengths, maxTokens, maxRows) =>
        {
            var passes = ForwardPasses.Split(lengths, maxTokens, maxRows, DeviceType.CPU);

            Assert.Equal(Enumerable.Range(0, lengths.Length), passes.SelectMany(p => p).Order());
            Assert.All(passes, pass => Assert.True(pass.Length == 1 || (pass.Length <= maxRows && pass.Length * pass.Max(i => lengths[i]) <= maxTokens)));
        });

    [Fact]
    public void Split_FewRows_IsNoDearerThanAnySplitThatKeepsTheOrder() => Gen.Int[1, 200].Array[1, 9].Sample(lengths =>
    {
        var sorted = lengths.Order().ToArray();
        var cheapest = Enumerable.Range(0, 1 << (lengths.Length - 1)).Min(cuts => Cost(Cut(sorted, cuts)));

        var passes = ForwardPasses.Split(lengths, int.MaxValue, int.MaxValue, DeviceType.CPU);

        Assert.Equal(cheapest, Cost(passes.Select(pass => pass.Select(i => lengths[i]).ToArray())));
    });

    [Fact]
    public void Split_OnAGpu_PrefersOnePass() =>
        Assert.Single(ForwardPasses.Split([10, 20, 150], 4096, 32, DeviceType.CUDA));

    /// <summary>Bit k of <paramref name="cuts"/> ends a pass behind row k.</summary>
    private static IEnumerable<int[]> Cut(int[] rows, int cuts)
    {
        var start = 0;
        for (var row = 0; row < rows.Length; row++)
        {
            if (row < rows.Length - 1 && (cuts >> row & 1) == 0)
                continue;
            yield return rows[start..(row + 1)];
            start = row + 1;
        }
    }

    private static int Cost(IEnumerable<int[]> passes) => passes.Sum(pass => (pass.Length * pass.Max()) + 48);
}
