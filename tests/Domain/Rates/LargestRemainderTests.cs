using Platform.Domain.Rates;

namespace Platform.Domain.Tests.Rates;

public sealed class LargestRemainderTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(-10)]
    [InlineData(0)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue + 1)]
    public void Share_AnyTotal_AddsUpToIt(long total)
    {
        var random = new Random(7);
        for (var trial = 0; trial < 200; trial++)
        {
            List<long> weights = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.NextInt64(0, 1L << random.Next(1, 62)))];

            var shares = LargestRemainder.Share(total, weights);

            Assert.Equal(total, shares.Aggregate(Int128.Zero, (sum, share) => sum + share));
            Assert.All(shares.Zip(weights), pair => Assert.True(pair.Second > 0 || pair.First == 0 || weights.Sum(weight => (double)weight) == 0));
        }
    }

    [Fact]
    public void Share_NoWeight_IsAsEvenAsItCanBe() => Assert.Equal([4, 3, 3], LargestRemainder.Share(10, [0, 0, 0]));

    [Fact]
    public void Share_LessThanNothing_RoundsLikeMore() => Assert.Equal([-4, -3, -3], LargestRemainder.Share(-10, [1, 1, 1]));
}
