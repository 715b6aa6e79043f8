using CsCheck;
using Platform.Engine.MultiTask;

namespace Platform.Engine.Tests.MultiTask;

public class MixingTests
{
    private static readonly Gen<int[]> Sizes = Gen.Int[0, 5000].Array[1, 12];

    [Fact]
    public void Proportional_CapAndTemperature_IsTheClosedForm()
    {
        // Capped: 100, 400, 400; square roots 10, 20, 20.
        Assert.Equal([0.2, 0.4, 0.4], Mixing.Proportional([100, 400, 90_000], cap: 400, temperature: 2).Select(share => Math.Round(share, 12)));
        Assert.Equal([0.25, 0.75, 0], Mixing.Proportional([100, 300, 0], temperature: 1));
    }

    [Fact]
    public void Proportional_AnySizes_SumsToOneAndKeepsTheOrderOfSizes() =>
        Gen.Select(Sizes, Gen.Int[1, 6000], Gen.Double[1, 20]).Sample((sizes, cap, temperature) =>
        {
            var shares = Mixing.Proportional(sizes, cap, temperature);
            Assert.Equal(sizes.Sum() == 0 ? 0 : 1, shares.Sum(), 9);
            Assert.True(InOrderOfSize(sizes, shares));
        });

    [Fact]
    public void Proportional_HigherTemperature_GivesTheSmallestTaskMore() =>
        Gen.Select(Gen.Int[1, 5000].Array[2, 12], Gen.Double[1, 10], Gen.Double[0, 5]).Sample((sizes, temperature, more) =>
        {
            var smallest = Array.IndexOf(sizes, sizes.Min());
            return Mixing.Proportional(sizes, temperature: temperature + more)[smallest]
                >= Mixing.Proportional(sizes, temperature: temperature)[smallest] - 1e-12;
        });

    [Fact]
    public void UniMax_SmallTasks_StopAtTheirEpochsAndLeaveTheRestToOthers()
    {
        // 1000 / 3 = 333 > 2 * 10; then 980 / 2 = 490 each.
        Assert.Equal([490, 20, 490], Mixing.UniMax([2000, 10, 900], budget: 1000, maxEpochs: 2));
        // The odd example goes to the larger task.
        Assert.Equal([51, 50], Mixing.UniMax([900, 800], budget: 101, maxEpochs: 2));
        // More than there is to draw.
        Assert.Equal([30, 60], Mixing.UniMax([10, 20], budget: 1000, maxEpochs: 3));
    }

    [Fact]
    public void UniMax_AnySizes_SpendsTheBudgetWithinTheEpochs() =>
        Gen.Select(Sizes, Gen.Long[0, 50_000], Gen.Int[1, 8]).Sample((sizes, budget, epochs) =>
        {
            var counts = Mixing.UniMax(sizes, budget, epochs);
            Assert.Equal(Math.Min(budget, (long)epochs * sizes.Sum()), counts.Sum());
            Assert.True(counts.Zip(sizes).All(task => task.First >= 0 && task.First <= (long)epochs * task.Second));
            Assert.True(InOrderOfSize(sizes, [.. counts.Select(count => (double)count)], within: 1));
            // Uniform: whoever is below its epochs has as much as anyone, to one example.
            var open = counts.Where((count, i) => count < (long)epochs * sizes[i]);
            Assert.True(open.All(count => count >= counts.Max() - 1));
        });

    [Fact]
    public void UniMax_LargerBudget_GivesNoTaskLess() =>
        Gen.Select(Sizes, Gen.Long[0, 50_000], Gen.Int[1, 500], Gen.Int[1, 8]).Sample((sizes, budget, more, epochs) =>
            Mixing.UniMax(sizes, budget, epochs).Zip(Mixing.UniMax(sizes, budget + more, epochs)).All(pair => pair.First <= pair.Second));

    [Fact]
    public void ByExamples_SharesOfTheBudget_AreRoundedByLargestRemainder() =>
        // 4.2, 3.3 and 2.5.
        Assert.Equal([4, 3, 3], Mixing.ByExamples([0.42, 0.33, 0.25], 10, [100, 100, 100], 1));

    [Fact]
    public void ByExamples_FullTask_LeavesItsRestToTheOthersByTheirShares() =>
        // 50 of 100 wanted, 10 usable; 90 left for 3:2.
        Assert.Equal([10, 54, 36], Mixing.ByExamples([0.5, 0.3, 0.2], 100, [10, 100, 100], 1));

    [Fact]
    public void ByExamples_AnyShares_SpendsTheBudgetWithinTheEpochs() =>
        Gen.Select(Gen.Select(Gen.Int[0, 3000], Gen.OneOf(Gen.Const(0.0), Gen.Double[0, 1])).Array[1, 12], Gen.Long[0, 50_000], Gen.Int[1, 8]).Sample(
            (tasks, budget, epochs) =>
            {
                var counts = Mixing.ByExamples([.. tasks.Select(task => task.Item2)], budget, [.. tasks.Select(task => task.Item1)], epochs);
                var usable = tasks.Where(task => task.Item2 > 0).Sum(task => (long)epochs * task.Item1);
                Assert.Equal(Math.Min(budget, usable), counts.Sum());
                Assert.True(counts.Zip(tasks).All(pair => pair.First >= 0 && pair.First <= (long)epochs * pair.Second.Item1));
            });

    [Fact]
    public void ByExamples_RoomForAll_IsWithinOneOfTheShare() =>
        Gen.Select(Gen.Double[0.01, 1].Array[1, 12], Gen.Long[0, 50_000]).Sample((shares, budget) =>
        {
            var counts = Mixing.ByExamples(shares, budget, [.. shares.Select(_ => 60_000)], 1);
            return counts.Zip(shares).All(pair => Math.Abs(pair.First - (budget * pair.Second / shares.Sum())) < 1 + 1e-6);
        });

    [Fact]
    public void ByExamples_UnusableShares_Throw()
    {
        Assert.Throws<ArgumentException>(() => Mixing.ByExamples([1], 10, [5, 5], 1));
        Assert.Throws<ArgumentException>(() => Mixing.ByExamples([1, double.NaN], 10, [5, 5], 1));
        Assert.Throws<ArgumentException>(() => Mixing.UniMax([-1], 10, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Mixing.UniMax([5], 10, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Mixing.Proportional([5], temperature: 0.5));
    }

    [Fact]
    public void Uniform_AnySizes_DrawsTheSameOfAllThatHaveRows() =>
        Gen.Select(Sizes, Gen.Long[0, 100_000]).Sample((sizes, budget) =>
        {
            var counts = Mixing.Uniform(sizes, budget);
            var drawn = counts.Where((_, task) => sizes[task] > 0).ToList();
            Assert.Equal(drawn.Count == 0 ? 0 : budget, counts.Sum());
            Assert.True(drawn.Count == 0 || drawn.Max() - drawn.Min() <= 1);
        });

    [Fact]
    public void Divide_Weights_FollowsThemWithinTheEpochs()
    {
        var mixing = new MixingOptions { Strategy = MixingStrategy.Weights, MaxEpochs = 2, Weights = new Dictionary<string, double> { ["a"] = 3, ["b"] = 1 } };

        Assert.Equal([75, 25, 0], mixing.Divide([new("a", 100, 1), new("b", 100, 1), new("c", 100, 1)], 100));
        Assert.Equal([20, 80, 0], mixing.Divide([new("a", 10, 1), new("b", 100, 1), new("c", 100, 1)], 100));
    }

    [Fact]
    public void Information_OfTasksWithAsManyRows_GoesByTheirAnswers()
    {
        // 6 bits are 64 equally frequent labels; the square root of 6 against that of 1, and as much for four times the rows with a quarter of the bits.
        var shares = Mixing.Information([1000, 1000, 4000], [6, 1, 1.5], temperature: 2);

        Assert.Equal(Math.Sqrt(6), shares[0] / shares[1], 9);
        Assert.Equal(shares[0], shares[2], 9);
        Assert.Equal(1, shares.Sum(), 9);
        Assert.Equal(Mixing.Proportional([1000, 50, 0]), Mixing.Information([1000, 50, 0], [2, 2, 2]), (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Information_OfAnAnswerThatNeverChanges_IsStillShown()
    {
        Assert.True(Mixing.Information([1000, 1000], [0, 3])[0] > 0.1);
        Assert.Throws<ArgumentException>(() => Mixing.Information([1000, 1000], [1]));
        Assert.Throws<ArgumentException>(() => Mixing.Information([1000], [double.NaN]));
    }

    [Fact]
    public void Divide_AnyStrategy_NeverExceedsTheBudget() =>
        Gen.Select(Gen.Enum<MixingStrategy>(), Sizes, Gen.Long[0, 50_000], Gen.Int[1, 9]).Sample((strategy, sizes, budget, epochs) =>
        {
            var tasks = sizes.Select((size, i) => new MixedTask($"t{i}", size, i % 5)).ToList();
            var mixing = new MixingOptions { Strategy = strategy, MaxEpochs = epochs, Weights = tasks.ToDictionary(task => task.Name, task => 1.0 + task.TrainRows) };
            var counts = mixing.Divide(tasks, budget);
            Assert.Equal(sizes.Length, counts.Count);
            Assert.True(counts.Sum() <= budget);
            if (strategy != MixingStrategy.Uniform)
                Assert.True(counts.Zip(sizes).All(pair => pair.First <= (long)epochs * pair.Second));
        });

    [Fact]
    public void Create_StagesWithTheirOwnMixing_SpendTheBudgetOnce()
    {
        var plan = MixturePlan.Create(
            [new("big", 1000, 1), new("middle", 400, 1), new("small", 20, 1)], 1000, 0.5, [0, 1],
            new MixingOptions { Strategy = MixingStrategy.Proportional, Temperature = 1 }, new MixingOptions { Strategy = MixingStrategy.UniMax, MaxEpochs = 2 });

        Assert.Equal([357, 143, 0], plan.Stage2Examples);
        Assert.Equal([230, 230, 40], plan.Stage3Examples);
        Assert.Equal([true, true, false], plan.HighResource);
    }

    [Fact]
    public void Create_StageThatContinues_ChangesTheOrderAndNotTheNumber() =>
        Gen.Select(Sizes, Gen.Long[1, 50_000], Gen.Double[0, 0.95], Gen.Enum<MixingStrategy>()).Sample((sizes, budget, share, strategy) =>
        {
            var tasks = sizes.Select((size, i) => new MixedTask($"t{i}", size, 1 + (i % 5))).ToList();
            var mixing = new MixingOptions { Strategy = strategy, Weights = tasks.ToDictionary(task => task.Name, task => 1.0 + task.TrainRows) };
            var high = HighResource.ByQuantile(sizes, 0.5);

            var plan = MixturePlan.Create(tasks, budget, share, high, new MixingOptions(), mixing, continues: true);

            Assert.Equal(mixing.Divide(tasks, budget), plan.TotalExamples);
            Assert.True(plan.Stage2Examples.Sum() <= Math.Round(budget * share));
            Assert.All(plan.Stage3Examples, examples => Assert.True(examples >= 0));
        });

    private static bool InOrderOfSize(int[] sizes, IReadOnlyList<double> amounts, double within = 1e-12)
    {
        var bySize = Enumerable.Range(0, sizes.Length).OrderBy(task => sizes[task]).ToArray();
        return bySize.Zip(bySize.Skip(1)).All(pair => amounts[pair.First] <= amounts[pair.Second] + within);
    }
}
