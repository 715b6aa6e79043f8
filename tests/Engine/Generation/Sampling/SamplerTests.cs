using CsCheck;
using Platform.Engine.Generation.Constraints;
using Platform.Engine.Generation.Sampling;

namespace Platform.Engine.Tests.Generation.Sampling;

public sealed class SamplerTests
{
    private const double Rounding = 1e-6;

    private static readonly Gen<float> Logit = Gen.Frequency(
        (5, Gen.Float[-8, 8]), (2, Gen.Int[-3, 3].Select(n => (float)n)), (1, Gen.Const(float.NegativeInfinity)));

    private static readonly Gen<float[]> Row = Logit.Array[1, 60].Select(row => row.All(float.IsNegativeInfinity) ? [0f, .. row] : row);

    private static readonly Gen<SamplingOptions> Options = Gen.Select(
        Pick.From(0.0, 0.3, 1.0, 2.0), Pick.From(0, 1, 3, 1000), Pick.From(1.0, 0.9, 0.5, 1e-6), Pick.From(0.0, 0.05, 1.0), Gen.Long,
        (temperature, topK, topP, minP, seed) => new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, Seed = seed, TopLogProbabilities = 5 });

    [Fact]
    public void Choose_AnyOptions_TakesOneOfTheTokensThatTheDefinitionKeeps() => Gen.Select(Row, Options).Sample((row, options) =>
    {
        var sampler = new Sampler(options, row.Length);
        var kept = Kept(row, options);

        for (var i = 0; i < 20; i++)
        {
            var chosen = sampler.Choose([.. row]);
            Assert.Contains(chosen.Token, kept.Keys);
            Assert.Equal(chosen, sampler.Choose([.. row]), (a, b) => a.Token == b.Token && a.Top.SequenceEqual(b.Top));
            sampler.Accept(chosen.Token);
        }
    });

    [Theory]
    [InlineData(1.0, 0, 1.0, 0.0)]
    [InlineData(0.7, 0, 1.0, 0.0)]
    [InlineData(1.0, 7, 1.0, 0.0)]
    [InlineData(1.5, 0, 0.8, 0.0)]
    [InlineData(1.0, 0, 1.0, 0.1)]
    [InlineData(1.2, 12, 0.9, 0.05)]
    public void Choose_ManyDraws_FollowTheDefinition(double temperature, int topK, double topP, double minP)
    {
        const int Draws = 40_000;
        var random = new Random(5);
        float[] row = [.. Enumerable.Range(0, 3000).Select(i => i < 30 ? (float)(random.NextDouble() * 4) : -30f)];
        var options = new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, Seed = 11, LogProbabilities = false };
        var expected = Kept(row, options);
        var sampler = new Sampler(options, row.Length);
        var counts = new Dictionary<int, int>();

        var copy = new float[row.Length];
        for (var i = 0; i < Draws; i++)
        {
            row.CopyTo(copy, 0);
            var token = sampler.Choose(copy).Token;
            counts[token] = counts.GetValueOrDefault(token) + 1;
            sampler.Accept(token);
        }

        // Chi-square; tokens that are too rare for it are counted together. Its mean is the degrees of freedom, its variance twice that.
        var common = expected.Where(entry => entry.Value * Draws >= 5).ToList();
        var square = common.Sum(entry => Math.Pow(counts.GetValueOrDefault(entry.Key) - entry.Value * Draws, 2) / (entry.Value * Draws));
        var freedom = common.Count - 1;
        Assert.InRange(square, 0, freedom + 5 * Math.Sqrt(2.0 * freedom) + 1);
        Assert.All(counts.Keys, token => Assert.Contains(token, expected.Keys));
    }

    [Fact]
    public void Choose_SeedsAndPositions_DrawEvenly()
    {
        const int Draws = 30_000;
        var bySeed = new int[10];
        for (var seed = 0; seed < Draws; seed++)
            bySeed[new Sampler(new SamplingOptions { Seed = seed, LogProbabilities = false }, 10).Choose(new float[10]).Token]++;

        Assert.InRange(bySeed.Sum(count => Math.Pow(count - Draws / 10, 2) / (Draws / 10)), 0, 9 + 5 * Math.Sqrt(18));
    }

    [Fact]
    public void Choose_SameSeedAndPosition_IsIndependentOfTheWayThere()
    {
        var options = new SamplingOptions { Seed = 3 };
        var (one, other) = (new Sampler(options, 100), new Sampler(options, 100));
        for (var i = 0; i < 10; i++)
        {
            one.Choose(new float[100]);
            one.Accept(i);
            other.Accept(99 - i);
        }

        Assert.Equal(10, one.Position);
        Assert.Equal(one.Choose(new float[100]).Token, other.Choose(new float[100]).Token);
        Assert.NotEqual(1, Enumerable.Range(0, 20).Select(seed => new Sampler(options with { Seed = seed }, 100).Choose(new float[100]).Token).Distinct().Count());
    }

    [Fact]
    public void Choose_LogProbabilities_AreThoseOfTheRowAsItCame() => Row.Sample(row =>
    {
        var options = new SamplingOptions { Temperature = 0, TopLogProbabilities = 20, LogitBias = new Dictionary<int, double> { [0] = 50 }, PresencePenalty = 1 };
        var sampler = new Sampler(options, row.Length);
        sampler.Accept(0);
        var chosen = sampler.Choose([.. row]);
        var sum = row.Sum(logit => Math.Exp(logit));
        int[] order = [.. Enumerable.Range(0, row.Length).Where(t => !float.IsNegativeInfinity(row[t])).OrderByDescending(t => row[t]).ThenBy(t => t).Take(20)];

        Assert.Equal(Math.Log(Math.Exp(row[chosen.Token]) / sum), chosen.LogProbability, 1e-5);
        Assert.Equal(order, chosen.Top.Select(entry => entry.Token));
        Assert.All(chosen.Top, entry => Assert.Equal(Math.Log(Math.Exp(row[entry.Token]) / sum), entry.LogProbability, 1e-5));
    });

    [Fact]
    public void Choose_Penalties_AreOpenAis()
    {
        var options = new SamplingOptions { Temperature = 0, PresencePenalty = 0.5, FrequencyPenalty = 0.25 };
        var sampler = new Sampler(options, 3);
        sampler.Accept(0);
        sampler.Accept(0);

        // Token 0 loses 0.5 + 2 * 0.25.
        Assert.Equal(0, sampler.Choose([2.01f, 1, 0]).Token);
        Assert.Equal(1, sampler.Choose([1.99f, 1, 0]).Token);
    }

    [Fact]
    public void Choose_BiasAndConstraint_AreApplied()
    {
        var vocabulary = TinyVocabularyOf("a", "b");
        var state = Constraint.FromLabels(["b"], vocabulary).Start();
        var biased = new Sampler(new SamplingOptions { Temperature = 0, LogitBias = new Dictionary<int, double> { [1] = 100 } }, 3);

        Assert.Equal(1, biased.Choose([0, -50, 0]).Token);
        Assert.Equal(1, new Sampler(new SamplingOptions { Temperature = 0 }, 3).Choose([9, 1, 9], state.Allowed).Token);
        Assert.Equal(1, new Sampler(new SamplingOptions { TopK = 1 }, 3).Choose([9, 1, 9], state.Allowed).Token);
        Assert.Throws<InvalidLogitsException>(() => biased.Choose([9, float.NegativeInfinity, 9], state.Allowed));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    public void Choose_Ties_TakesTheSmallestIdFirst(double temperature)
    {
        var row = new float[100];
        row[10] = row[17] = row[40] = 3;

        Assert.Equal(10, new Sampler(new SamplingOptions { Temperature = temperature, TopK = 1 }, 100).Choose([.. row]).Token);
        Assert.Equal(10, new Sampler(new SamplingOptions { Temperature = temperature, TopP = 1e-9 }, 100).Choose([.. row]).Token);
    }

    [Fact]
    public void Choose_ColderThanNumbersReach_TakesTheBest() =>
        Assert.Equal(1, new Sampler(new SamplingOptions { Temperature = 1e-300 }, 3).Choose([1, 2, 1.9999f]).Token);

    [Fact]
    public void Choose_EntriesBeyondTheVocabulary_AreNeverChosen() =>
        Assert.Equal(1, new Sampler(new SamplingOptions { Temperature = 0 }, 2).Choose([1, 2, 99]).Token);

    [Theory]
    [InlineData(float.NaN, "token 21 is NaN")]
    [InlineData(float.PositiveInfinity, "token 21 is infinite")]
    public void Choose_DamagedLogits_SaysWhich(float value, string message)
    {
        var row = new float[50];
        row[21] = value;

        Assert.Contains(message, Assert.Throws<InvalidLogitsException>(() => new Sampler(new SamplingOptions(), 50).Choose(row)).Message, StringComparison.Ordinal);
        Array.Fill(row, float.NegativeInfinity);
        Assert.Throws<InvalidLogitsException>(() => new Sampler(new SamplingOptions(), 50).Choose(row));
        Assert.Throws<ArgumentException>(() => new Sampler(new SamplingOptions(), 51).Choose(row));
    }

    [Fact]
    public void Problems_OutOfRange_NamesFieldValueAndRange()
    {
        var options = new SamplingOptions
        {
            Temperature = 2.5,
            TopK = -1,
            TopP = 0,
            MinP = double.NaN,
            PresencePenalty = -3,
            FrequencyPenalty = 3,
            TopLogProbabilities = 21,
            LogitBias = new Dictionary<int, double> { [7] = 1, [1] = 101 },
        };

        var problems = options.Problems(5);

        Assert.Equal(
            ["temperature", "top_k", "min_p", "presence_penalty", "frequency_penalty", "top_logprobs", "top_p", "logit_bias", "logit_bias"],
            problems.Select(problem => problem.Field));
        Assert.Equal("temperature is 2.5; it must be from 0 to 2.", problems[0].Message);
        Assert.Throws<ArgumentException>(() => new Sampler(options, 5));
        Assert.Empty(new SamplingOptions().Problems(5));
    }

    private static TokenVocabulary TinyVocabularyOf(params string[] tokens) => new([.. tokens.Select(System.Text.Encoding.UTF8.GetBytes), []], [tokens.Length]);

    /// <summary>
    /// What the filters keep, with its probabilities: the definition, with a full sort. Weights are single precision, so a token that is at a
    /// filter's limit to that precision is among them, though the sampler may leave it out.
    /// </summary>
    private static Dictionary<int, double> Kept(float[] row, SamplingOptions options)
    {
        var order = Enumerable.Range(0, row.Length).Where(token => !float.IsNegativeInfinity(row[token])).OrderByDescending(token => row[token]).ThenBy(token => token).ToList();
        if (options.Temperature == 0)
            return new() { [order[0]] = 1 };
        var weights = order.Select(token => Math.Exp((row[token] - (double)row[order[0]]) / options.Temperature)).ToList();
        if (options.TopK > 0)
            weights = [.. weights.Take(options.TopK)];
        var total = weights.Sum();
        var (kept, sum) = (0, 0.0);
        while (kept < weights.Count && (kept == 0 || sum < options.TopP * total * (1 + Rounding) || options.TopP == 1))
            sum += weights[kept++];
        weights = [.. weights.Take(kept).Where(weight => weight >= options.MinP * (1 - Rounding))];
        return weights.Index().ToDictionary(entry => order[entry.Index], entry => entry.Item / weights.Sum());
    }
}
