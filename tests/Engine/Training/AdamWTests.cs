using AdamW = Platform.Engine.Training.AdamW;
using Parameter = TorchSharp.Modules.Parameter;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Training;

public sealed class AdamWTests
{
    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(0.1, 0, false)]
    [InlineData(0.1, 0.5, false)]
    [InlineData(0, 0, true)]
    [InlineData(0.1, 0, true)]
    [InlineData(0.1, 0.5, true)]
    public void Step_SeveralUpdates_FollowsThePaper(double decay, double clipNorm, bool fused)
    {
        double[] weights = [0.5, -1, 2, 0];
        using var parameter = new Parameter(tensor(weights, [2, 2], ScalarType.Float32));
        using var optimizer = new AdamW([("w", parameter)], decay, fused: fused);
        double[] first = new double[4], second = new double[4];
        for (var step = 1; step <= 5; step++)
        {
            double[] gradient = [0.3 * step, -0.2, 0.01 * step * step, 1];
            parameter.grad = tensor(gradient, [2, 2], ScalarType.Float32);

            var norm = optimizer.Step(0.01, clipNorm);

            var expectedNorm = Math.Sqrt(gradient.Sum(g => g * g));
            Assert.Equal(expectedNorm, norm, 5);
            Update(weights, [.. gradient.Select(g => g * (clipNorm > 0 ? Math.Min(1, clipNorm / (expectedNorm + 1e-6)) : 1))], first, second, step, 0.01, decay);
            Assert.Null(parameter.grad);
        }

        Assert.All(weights.Zip(parameter.data<float>()), pair => Assert.Equal(pair.First, pair.Second, 5));
    }

    [Fact]
    public void Step_GradientThatIsNoNumber_ChangesNothing()
    {
        using var parameter = new Parameter(ones(3));
        using var optimizer = new AdamW([("w", parameter)], 0.1);
        parameter.grad = tensor(new[] { 1f, float.NaN, 1f });

        Assert.True(double.IsNaN(optimizer.Step(0.01, 1)));

        Assert.Equal([1f, 1f, 1f], parameter.data<float>().ToArray());
        Assert.Equal(0, optimizer.Steps);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.1, 1)]
    public void Step_ManyUpdatesFused_EqualsThePlainOne(double decay, double clipNorm)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var start = randn([40, 50], generator: generator);
        using Parameter plain = new(start.clone()), fused = new(start.clone()), norm = new(ones(50)), fusedNorm = new(ones(50));
        using var first = new AdamW([("w", plain), ("norm.weight", norm)], decay, fused: false);
        using var second = new AdamW([("w", fused), ("norm.weight", fusedNorm)], decay, fused: true);
        for (var step = 0; step < 300; step++)
        {
            using var inner = NewDisposeScope();
            var (gradient, normGradient) = (randn([40, 50], generator: generator), randn([50], generator: generator));
            (plain.grad, norm.grad) = (gradient.clone(), normGradient.clone());
            (fused.grad, fusedNorm.grad) = (gradient.clone(), normGradient.clone());
            Assert.Equal(first.Step(1e-2, clipNorm), second.Step(1e-2, clipNorm), 1e-4);
        }

        Assert.InRange(plain.sub(fused).abs().max().ToDouble(), 0, 1e-5);
        Assert.InRange(norm.sub(fusedNorm).abs().max().ToDouble(), 0, 1e-5);
        Assert.True(plain.sub(start).abs().max().ToDouble() > 0.1);
        Assert.All(first.State().Zip(second.State()), pair => Assert.InRange(pair.First.Tensor.sub(pair.Second.Tensor).abs().max().ToDouble(), 0, 1e-5));
    }

    [Fact]
    public void Step_BFloat16WithMaster_AddsUpUpdatesSmallerThanItsLastBit()
    {
        using var scope = NewDisposeScope();
        using var weight = new Parameter(ones([4], ScalarType.BFloat16));
        var master = ones(4);
        using var optimizer = new AdamW([("w", weight)], 0, masters: new Dictionary<string, Tensor> { ["w"] = master });
        for (var step = 0; step < 100; step++)
        {
            weight.grad = ones([4], ScalarType.BFloat16);
            optimizer.CollectGradients();
            Assert.Null(weight.grad);
            weight.grad = ones([4], ScalarType.BFloat16);
            optimizer.Step(1e-4, 0); // a bfloat16 next to 1 is 4e-3 away
        }

        Assert.Equal(0.99f, master.data<float>()[0], 1e-4f);
        Assert.Equal(0.99f, weight.to(ScalarType.Float32).data<float>()[0], 2e-3f);
        Assert.Same(master, optimizer.Weights().Single().Tensor);
    }

    [Theory]
    [InlineData("model.embed_tokens.weight", true, true)]
    [InlineData("model.embed_tokens.weight", false, false)]
    [InlineData("lm_head.weight", false, false)]
    [InlineData("model.layers.0.mlp.up_proj.weight", false, true)]
    public void Step_NoGradient_ShrinksOnlyWhatDecays(string name, bool decayEmbeddings, bool shrinks)
    {
        using var matrix = new Parameter(ones(2, 2));
        using var norm = new Parameter(ones(2));
        using var optimizer = new AdamW([(name, matrix), ("norm.weight", norm)], 0.1, decayEmbeddings);
        (matrix.grad, norm.grad) = (zeros(2, 2), zeros(2));

        optimizer.Step(0.5, 0);

        Assert.Equal(shrinks ? 0.95f : 1f, matrix.data<float>()[0], 1e-6f);
        Assert.Equal(1f, norm.data<float>()[0]);
    }

    /// <summary>Algorithm 2 of the paper in double precision.</summary>
    private static void Update(double[] weights, double[] gradient, double[] first, double[] second, int step, double rate, double decay)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            first[i] = (0.9 * first[i]) + (0.1 * gradient[i]);
            second[i] = (0.98 * second[i]) + (0.02 * gradient[i] * gradient[i]);
            var (corrected, spread) = (first[i] / (1 - Math.Pow(0.9, step)), second[i] / (1 - Math.Pow(0.98, step)));
            weights[i] -= (rate * corrected / (Math.Sqrt(spread) + 1e-8)) + (rate * decay * weights[i]);
        }
    }
}
