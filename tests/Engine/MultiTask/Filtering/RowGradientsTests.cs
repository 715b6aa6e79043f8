using Platform.Engine.Models;
using Platform.Engine.MultiTask.Filtering;
using Platform.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.MultiTask.Filtering;

public sealed class RowGradientsTests
{
    [Fact]
    public void Of_PackedRows_EqualsAutogradRowByRow()
    {
        const int Size = 32;
        using var model = TinyModel.Create();
        using var adapter = Changed(model);
        using var used = adapter.Use(model);
        using var frozen = new FrozenWeights(model);
        var rows = Rows();
        var projection = new SignProjection(seed: 5, Size);

        var packed = RowGradients.Of(model, adapter, rows, projection, maxTokens: 512, TestContext.Current.CancellationToken);

        for (var row = 0; row < rows.Count; row++)
        {
            using var scope = NewDisposeScope();
            var loss = new AnswerGradients(model, adapter, 512, checkpointing: false).Add([rows[row]], [1.0 / rows[row].AnswerTokens], 0)[0];
            var sums = zeros(1, Size);
            foreach (var (_, map) in adapter.Factors())
            {
                projection.Add(2 * map.Index, map.A.grad!.reshape(1, -1), sums);
                projection.Add((2 * map.Index) + 1, map.B.grad!.reshape(1, -1), sums);
            }

            Gradients.Clear(adapter.NamedParameters());
            var expected = sums.data<float>().ToArray();
            Assert.Equal(loss, packed.Losses[row], 1e-5);
            for (var i = 0; i < Size; i++)
                Assert.Equal(expected[i], packed.Gradients[(row * Size) + i], 2e-4f * Math.Max(1, expected.Max(Math.Abs)));
        }
    }

    [Fact]
    public void Of_ManySmallPasses_EqualsOnePass()
    {
        using var model = TinyModel.Create();
        using var adapter = Changed(model);
        using var used = adapter.Use(model);
        using var frozen = new FrozenWeights(model);
        var projection = new SignProjection(seed: 5, 16);

        var whole = RowGradients.Of(model, adapter, Rows(), projection, maxTokens: 4096, TestContext.Current.CancellationToken);
        var parts = RowGradients.Of(model, adapter, Rows(), projection, maxTokens: 40, TestContext.Current.CancellationToken);

        Assert.All(whole.Gradients.Zip(parts.Gradients), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
    }

    [Fact]
    public void SignProjection_BlocksOfAnySize_KeepInnerProducts()
    {
        using var scope = NewDisposeScope();
        const int Size = 2000;
        var vectors = randn([2, 3000], generator: new Generator(3));
        var sums = zeros(2, Size);
        new SignProjection(seed: 1, Size).Add(0, vectors, sums);

        var (exact, projected) = (vectors.matmul(vectors.t()), sums.matmul(sums.t()));

        // The error of an inner product is about |x| |y| / √d.
        Assert.Equal(exact[0, 0].ToSingle(), projected[0, 0].ToSingle(), 5 * 3000 / Math.Sqrt(Size));
        Assert.Equal(exact[0, 1].ToSingle(), projected[0, 1].ToSingle(), 5 * 3000 / Math.Sqrt(Size));
    }

    [Fact]
    public void SignProjection_OtherPartOrSeed_OtherMatrix()
    {
        using var scope = NewDisposeScope();
        var one = ones(1, 64);

        Assert.Equal(Project(1, 0), Project(1, 0));
        Assert.NotEqual(Project(1, 0), Project(1, 1));
        Assert.NotEqual(Project(1, 0), Project(2, 0));

        float[] Project(long seed, int part)
        {
            var sums = zeros(1, 8);
            new SignProjection(seed, 8).Add(part, one, sums);
            return sums.data<float>().ToArray();
        }
    }

    private static IReadOnlyList<TokenizedRow> Rows() =>
    [
        .. TokenizedTask.Create(TinyModel.Prompts, TinyModel.ColourTask().Spec, TinyModel.ColourTask().Validation, 64, LongRows.Truncate).Rows,
        .. TokenizedTask.Create(TinyModel.Prompts, TinyModel.EchoTask().Spec, TinyModel.EchoTask().Validation, 64, LongRows.Truncate).Rows,
    ];

    /// <summary>An adapter that already changes something: with B zero the gradients of A would all be zero.</summary>
    private static LoraAdapter Changed(CausalLanguageModel model)
    {
        var adapter = new LoraAdapter(model, rank: 4, alpha: 8, seed: 3);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        foreach (var (_, weight) in adapter.NamedParameters())
            weight.add_(randn(weight.shape, generator: generator).mul(0.1));
        return adapter;
    }
}
