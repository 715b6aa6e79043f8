using Platform.Engine.Pretraining;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.Pretraining;

public sealed class RepetitionTests
{
    [Fact]
    public void Apply_AnyLengthAndSeed_CopiesOneStretchOfTheFirstHalfIntoTheSecond()
    {
        for (var length = 4; length <= 70; length++)
        {
            for (var seed = 0; seed < 200; seed++)
            {
                var original = Enumerable.Range(0, length).ToArray();
                var row = original.ToArray();

                Repetition.Apply(row, new SeededRandom(seed));

                // Every id stands at its own place in the original, so what differs is the copy.
                var changed = Enumerable.Range(0, length).Where(i => row[i] != original[i]).ToArray();
                Assert.NotEmpty(changed);
                var (first, count) = (changed[0], changed[^1] - changed[0] + 1);
                Assert.Equal(count, changed.Length);
                Assert.InRange(first, length / 2, length - count);
                Assert.InRange(row[first], 0, (length / 2) - count);
                Assert.Equal(original.AsSpan((int)row[first], count), row.AsSpan(first, count));
            }
        }
    }

    [Fact]
    public void Apply_ManySeeds_VariesLengthAndDistance()
    {
        var seen = new HashSet<(int Length, long Distance)>();
        for (var seed = 0; seed < 300; seed++)
        {
            var row = Enumerable.Range(0, 64).ToArray();
            Repetition.Apply(row, new SeededRandom(seed));
            var changed = Enumerable.Range(0, row.Length).Where(i => row[i] != i).ToArray();
            seen.Add((changed.Length, changed[0] - row[changed[0]]));
        }

        Assert.True(seen.Count > 100, $"only {seen.Count} different copies");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Apply_TooShortForAStretch_ChangesNothing(int length)
    {
        var row = Enumerable.Range(0, length).ToArray();

        Repetition.Apply(row, new SeededRandom(1));

        Assert.Equal(Enumerable.Range(0, length), row);
    }
}
