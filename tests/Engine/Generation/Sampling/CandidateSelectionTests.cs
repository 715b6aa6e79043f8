using CsCheck;
using Platform.Engine.Generation.Sampling;

namespace Platform.Engine.Tests.Generation.Sampling;

public sealed class CandidateSelectionTests
{
    // Few and many, spread and equal, so that each way through the selection is taken.
    private static readonly Gen<Candidate[]> Candidates = Gen.Select(Gen.Int[1, 12_000], Gen.Int, Pick.From(0.0, 1e-3, 1, 30, 1e30)).Select((count, seed, spread) =>
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(token =>
        {
            var logit = (float)(spread * (random.Next(4) == 0 ? random.Next(-3, 3) : random.NextDouble()));
            return new Candidate(logit, token, MathF.Exp(Math.Max(-50, logit - (float)(3 * spread))));
        }).ToArray();
    });

    [Fact]
    public void Best_AnyCount_IsTheBeginningOfTheSortedList() => Gen.Select(Candidates, Gen.Double[0, 1.1]).Sample(
        (candidates, share) =>
        {
            var count = Math.Min(candidates.Length, (int)(share * candidates.Length));
            var expected = candidates.Order().Take(count).ToList();

            CandidateSelection.Best(candidates, count);

            Assert.Equal(expected, candidates[..count].Order());
        },
        iter: 100);

    [Fact]
    public void Heaviest_AnySum_IsTheShortestBeginningThatReachesIt() => Gen.Select(Candidates, Gen.Double[1e-9, 1.1]).Sample(
        (candidates, share) =>
        {
            var sorted = candidates.Order().ToList();
            var sum = share * candidates.Sum(candidate => (double)candidate.Weight);

            var count = CandidateSelection.Heaviest(candidates, sum);

            Assert.Equal(sorted.Take(count), candidates[..count].Order());
            Assert.True(count == sorted.Count || sorted.Take(count).Sum(candidate => (double)candidate.Weight) >= sum * (1 - 1e-9));
            Assert.True(count == 1 || sorted.Take(count - 1).Sum(candidate => (double)candidate.Weight) < sum * (1 + 1e-9));
        },
        iter: 100);
}
