using CsCheck;
using Platform.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Training;

public sealed class PackedRowsTests
{
    [Fact]
    public void Plan_AnyLengths_PutsEveryRowIntoOnePassWithinTheLimit() =>
        Gen.Select(Gen.Int[2, 300].Array[0, 60], Gen.Int[1, 2000]).Sample((lengths, maxTokens) =>
        {
            var passes = PackedRows.Plan(Rows(lengths), maxTokens, DeviceType.CPU);

            Assert.Equal(Enumerable.Range(0, lengths.Length), passes.SelectMany(p => p.Members).Order());
            Assert.All(passes, pass => Assert.True(pass.Members.Count == 1 || pass.Groups.Sum(group => group.Tokens) <= maxTokens));
            Assert.All(passes, pass => Assert.Equal(pass.Members.Count, pass.Groups.Sum(group => group.Rows)));
        });

    [Fact]
    public void Plan_OnACpu_PadsNothing()
    {
        var random = new SeededRandom(1);
        int[] lengths = [.. Enumerable.Range(0, 32).Select(_ => 40 + random.Next(60))];

        var pass = Assert.Single(PackedRows.Plan(Rows(lengths), 4096, DeviceType.CPU));

        Assert.Equal(lengths.Sum(l => l - 1), pass.Groups.Sum(group => group.Tokens));
    }

    [Fact]
    public void Lay_TwoRows_GivesPositionsAndAnswerPlacesOfEach()
    {
        using var scope = NewDisposeScope();
        TokenizedRow[] rows = [new([5, 6, 7, 8], 2), new([1, 2, 3], 2)];

        var (ids, positions, places, targets) = Assert.Single(PackedRows.Plan(rows, 100, DeviceType.CPU)).Lay(CPU);

        // The shorter row first; the last token of a row is only a target.
        Assert.Equal([1, 2, 5, 6, 7], ids.data<long>().ToArray());
        Assert.Equal([0, 1, 0, 1, 2], positions.data<long>().ToArray());
        Assert.Equal([3, 7, 8], targets.data<long>().ToArray());
        Assert.Equal([2, 6, 7], places.data<long>().ToArray().Select(place => ids[0, place].ToInt64()));
        Assert.Equal([1, 1, 2], places.data<long>().ToArray().Select(place => positions[0, place].ToInt64()));
    }

    private static List<TokenizedRow> Rows(int[] lengths) => [.. lengths.Select(length => new TokenizedRow([.. Enumerable.Range(1, length)], 1))];
}
