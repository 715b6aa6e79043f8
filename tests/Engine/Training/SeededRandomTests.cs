using CsCheck;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.Training;

public class SeededRandomTests
{
    [Fact]
    public void SplitMix64_PublishedSeed_GivesThePublishedValues()
    {
        ulong state = 1234567;

        Assert.Equal(
            [6457827717110365317, 3203168211198807973, 9817491932198370423],
            Enumerable.Range(0, 3).Select(_ => SeededRandom.SplitMix64(ref state)).ToArray());
    }

    [Fact]
    public void NextBits_PublishedState_GivesThePublishedValues()
    {
        var random = SeededRandom.FromState(1, 2, 3, 4);

        Assert.Equal(
            [11520, 0, 1509978240, 1215971899390074240],
            Enumerable.Range(0, 4).Select(_ => random.NextBits()).ToArray());
    }

    [Fact]
    public void Next_AnyLimit_StaysBelowIt() =>
        Gen.Select(Gen.Long, Gen.Int[1, int.MaxValue]).Sample((seed, limit) =>
        {
            var random = new SeededRandom(seed);
            for (var i = 0; i < 20; i++) Assert.InRange(random.Next(limit), 0, limit - 1);
        });

    [Fact]
    public void Shuffle_ThreeItems_GivesEachOrderEquallyOften()
    {
        var random = new SeededRandom(1);

        var orders = Enumerable.Range(0, 6000).CountBy(_ =>
        {
            int[] items = [1, 2, 3];
            random.Shuffle<int>(items);
            return string.Concat(items);
        }).ToArray();

        Assert.Equal(6, orders.Length);
        Assert.All(orders, order => Assert.InRange(order.Value, 850, 1150));
    }

    [Fact]
    public void ForPart_OtherPart_IsAnotherSequence()
    {
        var firsts = Enumerable.Range(0, 1000).Select(part => SeededRandom.ForPart(7, part).NextBits()).ToHashSet();

        Assert.Equal(1000, firsts.Count);
        Assert.Equal(SeededRandom.ForPart(7, 3).NextBits(), SeededRandom.ForPart(7, 3).NextBits());
    }
}
