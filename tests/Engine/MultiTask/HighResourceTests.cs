using CsCheck;
using Platform.Engine.MultiTask;

namespace Platform.Engine.Tests.MultiTask;

public class HighResourceTests
{
    [Theory]
    [InlineData(new[] { 60, 4000, 100, 3000 }, new[] { 1, 3 })]
    [InlineData(new[] { 10, 20, 30, 900 }, new[] { 3 })]
    [InlineData(new[] { 1, 2000, 2500, 3000 }, new[] { 1, 2, 3 })]
    [InlineData(new[] { 100, 200, 400 }, new[] { 1, 2 })] // Equal gaps: the lower one.
    [InlineData(new[] { 500, 500 }, new[] { 0, 1 })]
    [InlineData(new[] { 7 }, new[] { 0 })]
    [InlineData(new[] { 0, 5 }, new[] { 1 })]
    public void ByLargestGap_Sizes_SplitsWhereOneIsTheLargestMultipleOfTheNext(int[] sizes, int[] high) =>
        Assert.Equal(high, HighResource.ByLargestGap(sizes));

    [Fact]
    public void ByLargestGap_DifferentSizes_TakesSomeButNotAll() =>
        Gen.Int[1, 100_000].Array[2, 20].Where(sizes => sizes.Distinct().Count() > 1).Sample(sizes =>
        {
            var high = HighResource.ByLargestGap(sizes);
            Assert.InRange(high.Count, 1, sizes.Length - 1);
            Assert.True(high.Min(task => sizes[task]) > Enumerable.Range(0, sizes.Length).Except(high).Max(task => sizes[task]));
        });

    [Fact]
    public void ByMinimum_Rows_TakesThoseWithAtLeastSoMany()
    {
        Assert.Equal([0, 2], HighResource.ByMinimum([1000, 999, 5000], 1000));
        Assert.Empty(HighResource.ByMinimum([10, 20], 1000));
    }

    [Theory]
    [InlineData(0, new[] { 0, 1, 2, 3 })]
    [InlineData(0.5, new[] { 0, 2 })]
    [InlineData(0.75, new[] { 2 })]
    [InlineData(1, new[] { 2 })]
    public void ByQuantile_TakesTheTasksAboveIt(double quantile, int[] expected) =>
        Assert.Equal(expected, HighResource.ByQuantile([300, 20, 5000, 100], quantile));
}
