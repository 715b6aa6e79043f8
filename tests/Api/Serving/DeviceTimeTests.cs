using Platform.Api.Serving;

namespace Platform.Api.Tests.Serving;

public sealed class DeviceTimeTests
{
    [Theory]
    [InlineData(10, new long[] { 1, 1, 1 }, new long[] { 4, 3, 3 })]
    [InlineData(100, new long[] { 1, 3 }, new long[] { 25, 75 })]
    [InlineData(1, new long[] { 1, 9 }, new long[] { 0, 1 })]
    [InlineData(0, new long[] { 5, 5 }, new long[] { 0, 0 })]
    [InlineData(7, new long[] { 0, 0 }, new long[] { 4, 3 })]
    [InlineData(7, new long[] { 0, 2 }, new long[] { 0, 7 })]
    public void Share_Weights_GivesTheLargestRemainders(long total, long[] weights, long[] expected) =>
        Assert.Equal(expected, DeviceTime.Share(total, weights));

    [Fact]
    public void Share_AnyWeights_AddsUpExactlyAndIsFairToOneMicrosecond()
    {
        var random = new Random(11);
        for (var round = 0; round < 2000; round++)
        {
            var total = random.NextInt64(0, round % 2 == 0 ? 50 : 10_000_000_000_000);
            var weights = Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.NextInt64(0, round % 3 == 0 ? 3 : 100_000)).ToArray();

            var shares = DeviceTime.Share(total, weights);

            Assert.Equal(total, shares.Sum());
            if (weights.Sum() > 0)
                Assert.All(shares.Zip(weights), pair => Assert.InRange(Math.Abs(pair.First - (double)total * pair.Second / weights.Sum()), 0, 1.001));
        }
    }

    [Fact]
    public void Share_NobodyOrNegative_Throws()
    {
        Assert.Throws<ArgumentException>(() => DeviceTime.Share(1, []));
        Assert.Throws<ArgumentException>(() => DeviceTime.Share(1, [2, -1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => DeviceTime.Share(-1, [1]));
    }
}
