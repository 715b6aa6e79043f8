using Platform.Engine.Evaluation;
using Platform.Engine.MultiTask.Filtering;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.MultiTask.Filtering;

public sealed class FilterRuleTests
{
    private static readonly FilterOptions Options = new() { Tolerance = 0.02, ExamplesMin = 50 };
    private static readonly Interval Nothing = new(0, -0.01, 0.01);

    [Theory]
    [InlineData(0.02, false)] // the lower end at the tolerance is not worse than it
    [InlineData(0.0200001, true)]
    [InlineData(0.0199999, false)]
    [InlineData(0.5, true)]
    public void Decide_OthersHurtAtTheBoundary_IsolatesOnlyBeyondIt(double low, bool isolated)
    {
        var decisions = FilterRule.Decide(Map([new(low + 0.01, low, low + 0.02), Nothing, Nothing]), Options);

        Assert.Equal([isolated, false, false], decisions.Select(d => d.Isolate));
        if (isolated)
            Assert.StartsWith("Left out because the other tasks raise its validation loss by ", decisions[0].Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.02, false)]
    [InlineData(0.0200001, true)]
    public void Decide_HurtsAnotherAtTheBoundary_IsolatesTheOneThatHurts(double low, bool isolated)
    {
        var map = Map([Nothing, Nothing, Nothing], (0, 2, new Interval(low + 0.006, low, low + 0.012)));

        var decisions = FilterRule.Decide(map, Options);

        Assert.Equal([isolated, false, false], decisions.Select(d => d.Isolate));
        if (isolated)
            Assert.Equal("Left out because it raises the validation loss of c by 2.6 % (2.0 to 3.2), by estimate.", decisions[0].Sentence);
    }

    [Theory]
    [InlineData(49, false)]
    [InlineData(50, true)]
    public void Decide_ExamplesAtTheBoundary_NeedsEnoughOfThem(long examples, bool isolated)
    {
        var map = Map([new(0.2, 0.1, 0.3), Nothing, Nothing]) with { Examples = [examples, 100, 100] };

        var decision = FilterRule.Decide(map, Options)[0];

        Assert.Equal(isolated, decision.Isolate);
        if (!isolated)
            Assert.Contains("49 examples of it are too few to decide by", decision.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_TwoThatHurtEachOther_OnlyTheWorseLeaves()
    {
        var map = Map([Nothing, Nothing, Nothing], (0, 1, new Interval(0.3, 0.2, 0.4)), (1, 0, new Interval(0.2, 0.1, 0.3)));

        Assert.Equal([true, false, false], FilterRule.Decide(map, Options).Select(d => d.Isolate));
    }

    [Fact]
    public void Decide_AnyEffects_NeverIsolatesEveryoneAndNeverWithoutProof()
    {
        var random = new SeededRandom(11);
        for (var round = 0; round < 500; round++)
        {
            var count = 1 + random.Next(6);
            var map = new CompatibilityMap
            {
                Method = "leaveOneOut",
                Meaning = "",
                Tasks = [.. Enumerable.Range(0, count).Select(i => $"t{i}")],
                Examples = [.. Enumerable.Range(0, count).Select(_ => (long)random.Next(120))],
                Rows = [.. Enumerable.Repeat(10, count)],
                Confidence = 0.95,
                Effects = [.. Enumerable.Range(0, count).Select(i => (IReadOnlyList<Interval?>)[.. Enumerable.Range(0, count).Select(j => i == j ? null : Any())])],
                Others = [.. Enumerable.Range(0, count).Select(_ => Any())],
            };

            var decisions = FilterRule.Decide(map, Options);

            Assert.Contains(decisions, d => !d.Isolate);
            Assert.All(decisions.Where(d => d.Isolate), d =>
            {
                Assert.True(d.Evidence!.Effect.Low > Options.Tolerance);
                Assert.True(d.Examples >= Options.ExamplesMin);
            });
            Assert.All(decisions, d => Assert.False(string.IsNullOrWhiteSpace(d.Sentence)));
        }

        Interval Any()
        {
            var (value, width) = (random.NextDouble() - 0.4, random.NextDouble() / 4);
            return new Interval(value, value - width, value + width);
        }
    }

    [Fact]
    public void LeaveOne_EveryoneIsolated_KeepsTheLeastHarmed()
    {
        FilterDecision[] decisions = [Isolated("a", 0.3), Isolated("b", 0.1), Isolated("c", 0.2)];

        var left = FilterRule.LeaveOne(decisions);

        Assert.Equal([true, false, true], left.Select(d => d.Isolate));
        Assert.StartsWith("Kept, because no task would be left", left[1].Sentence, StringComparison.Ordinal);

        static FilterDecision Isolated(string task, double low) =>
            new(task, true, "Left out.", new FilterEvidence(null, task, new Interval(low + 0.1, low, low + 0.2), "measured"), 100);
    }

    [Theory]
    [InlineData(0.02, 0.05, true)] // proof would need the lower end above the tolerance
    [InlineData(0.0, 0.02, false)] // the upper end at the tolerance is not worse than it
    [InlineData(0.0, 0.0200001, true)]
    [InlineData(0.021, 0.05, false)] // proven, not borderline
    public void Borderline_IntervalAndTolerance_OnlyWhenItCrosses(double low, double high, bool borderline)
    {
        var map = Map([new((low + high) / 2, low, high), Nothing, Nothing]);

        Assert.Equal(borderline ? [0] : [], FilterRule.Borderline(map, FilterRule.Decide(map, Options), Options));
    }

    private static CompatibilityMap Map(Interval?[] others, params (int From, int To, Interval Effect)[] pairs) => new()
    {
        Method = "leaveOneOut",
        Meaning = "test",
        Tasks = ["a", "b", "c"],
        Examples = [100, 100, 100],
        Rows = [10, 10, 10],
        Confidence = 0.95,
        Effects = [.. Enumerable.Range(0, 3).Select(i => (IReadOnlyList<Interval?>)[.. Enumerable.Range(0, 3).Select(j =>
            i == j ? null : pairs.Where(p => p.From == i && p.To == j).Select(p => p.Effect).DefaultIfEmpty(Nothing).Single())])],
        Others = others,
    };
}
