using Platform.Engine.Models;
using Platform.Engine.MultiTask.Filtering;
using Platform.Engine.Training;

namespace Platform.Engine.Tests.MultiTask.Filtering;

public sealed class AffinityTests
{
    private static readonly FilterOptions Options = new() { StepRows = 3, MeasureRows = 3, Moments = 2, Resamples = 50 };

    [Fact]
    public void Measure_Afterwards_WeightsAreTheSameBits()
    {
        using var model = TinyModel.Create();
        using var adapter = new LoraAdapter(model, rank: 2, alpha: 4, seed: 3);
        using var used = adapter.Use(model);
        using var frozen = new FrozenWeights(model);
        var before = Bits(adapter);

        var moment = Affinity.Measure(model, adapter, Rows(), moment: 0, examples: 8, Options, maxTokens: 512);

        Assert.Equal(before, Bits(adapter));
        Assert.All(adapter.NamedParameters(), p => Assert.Null(p.Parameter.grad));
        Assert.NotEqual(moment.Before[0], moment.After[0][0]);
        Assert.Equal(3, moment.Before[0].Count);
    }

    [Fact]
    public void Effects_StepsThatLowerOwnLossAndRaiseAnother_ScaledByTheMeanOwnGain()
    {
        // Own steps gain 10 % each; a step on 0 raises task 1's loss by 5 %, one on 1 lowers task 0's by 2 %.
        var moment = new AffinityMoment(10, [[1.0, 1.0], [2.0, 2.0]], [[[0.9, 0.9], [2.1, 2.1]], [[0.98, 0.98], [1.8, 1.8]]], 1);

        var effects = Affinity.Effects([moment], [[1, 1], [1, 1]]);

        Assert.Equal(0.5, effects[0, 1], 1e-9);
        Assert.Equal(-0.2, effects[1, 0], 1e-9);
        Assert.Equal(-1, effects[0, 0], 1e-9);
        Assert.Equal(0.5, effects[2, 1], 1e-9);
        Assert.Equal(-0.2, effects[2, 0], 1e-9);
    }

    [Fact]
    public void Map_RowsThatAgree_HasNarrowerIntervalsThanRowsThatDoNot()
    {
        var agree = new AffinityMoment(10, [Same(1.0), Same(1.0)], [[Same(0.9), Same(1.05)], [Same(0.95), Same(0.9)]], 1);
        double[] mixed = [.. Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? 0.5 : 1.6)];
        var disagree = agree with { After = [[Same(0.9), mixed], [Same(0.95), Same(0.9)]] };

        var narrow = Affinity.Map([("a", 5), ("b", 5)], [agree], Options, seed: 1).Effects[0][1]!;
        var wide = Affinity.Map([("a", 5), ("b", 5)], [disagree], Options, seed: 1).Effects[0][1]!;

        Assert.Equal(0.5, narrow.Value, 1e-9);
        Assert.Equal(0, narrow.High - narrow.Low, 1e-9);
        Assert.Equal(0.5, wide.Value, 1e-9);
        Assert.True(wide.High - wide.Low > 1);

        static double[] Same(double value) => [.. Enumerable.Repeat(value, 20)];
    }

    private static IReadOnlyList<IReadOnlyList<TokenizedRow>> Rows() =>
    [
        TokenizedTask.Create(TinyModel.Prompts, TinyModel.ColourTask().Spec, TinyModel.ColourTask().Validation, 64, LongRows.Truncate).Rows,
        TokenizedTask.Create(TinyModel.Prompts, TinyModel.EchoTask().Spec, TinyModel.EchoTask(rows: 6).Train, 64, LongRows.Truncate).Rows,
    ];

    private static float[] Bits(LoraAdapter adapter) => [.. adapter.NamedParameters().SelectMany(p => p.Parameter.data<float>().ToArray())];
}
