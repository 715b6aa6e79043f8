using CsCheck;
using Platform.Engine.Tasks;

namespace Platform.Engine.Tests.Tasks;

public sealed class RowSampleTests
{
    [Fact]
    public void Of_AnyLimit_TakesThatManyDistinctRowsInOrder() => Gen.Select(Gen.Int[0, 50], Gen.Int[0, 60], Gen.Long).Sample((count, most, seed) =>
    {
        var rows = Rows(count);

        var sample = RowSample.Of(rows, most, seed);

        Assert.Equal(Math.Min(count, most), sample.Count);
        Assert.Equal(sample.Select(r => r.Id).Distinct().OrderBy(id => int.Parse(id, null)), sample.Select(r => r.Id));
        Assert.Equal(sample, RowSample.Of(rows, most, seed));
    });

    [Fact]
    public void Of_SortedRows_TakesThemFromEverywhere()
    {
        var sample = RowSample.Of(Rows(1000), 100, seed: 17);

        Assert.InRange(sample.Average(r => int.Parse(r.Id, null)), 400, 600);
    }

    [Fact]
    public void Of_NoLimit_IsAllRows() => Assert.Equal(7, RowSample.Of(Rows(7), null, 1).Count);

    private static Example[] Rows(int count) => [.. Enumerable.Range(0, count).Select(i => new Example($"{i}", "text", null, "a", []))];
}
