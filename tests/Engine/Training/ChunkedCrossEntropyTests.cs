using Platform.Engine.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Training;

public sealed class ChunkedCrossEntropyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(37 * 3)]
    [InlineData(37 * 10)]
    [InlineData(ChunkedCrossEntropy.MaxLogits)]
    public void Compute_AnyChunk_EqualsThePlainLossAndItsGradients(int maxLogits)
    {
        using var scope = NewDisposeScope();
        var (plainHidden, plainHead, targets, weights) = Inputs(10, 37, 8);
        plainHidden.requires_grad_();
        var plain = nn.functional.cross_entropy(nn.functional.linear(plainHidden, plainHead), targets, reduction: nn.Reduction.None);
        plain.mul(weights).sum().backward();
        using var head = new Parameter(plainHead.detach().clone());

        var (losses, gradient) = ChunkedCrossEntropy.Compute(plainHidden.detach(), head, targets, weights, maxLogits);

        AssertClose(plain, losses, 1e-5);
        AssertClose(plainHidden.grad!, gradient!, 1e-6);
        AssertClose(plainHead.grad!, head.grad!, 1e-6);

        ChunkedCrossEntropy.Compute(plainHidden.detach(), head, targets, weights, maxLogits);
        AssertClose(plainHead.grad!.mul(2), head.grad!, 1e-6); // gradients add up
    }

    [Fact]
    public void Compute_FrozenHeadOrNoWeights_LeavesTheHeadAlone()
    {
        using var scope = NewDisposeScope();
        var (hidden, head, targets, weights) = Inputs(6, 20, 4);

        Assert.Null(ChunkedCrossEntropy.Compute(hidden, head, targets, weights: null).Gradient);
        Assert.Null(head.grad);
        head.requires_grad_(false);
        Assert.NotNull(ChunkedCrossEntropy.Compute(hidden, head, targets, weights).Gradient);
        Assert.Null(head.grad);
    }

    [Fact]
    public void Compute_LogitsFarApart_StaysFinite()
    {
        using var scope = NewDisposeScope();
        using var head = new Parameter(tensor(new[] { 1e4f, -1e4f, 0f }, [3, 1]));

        var (losses, gradient) = ChunkedCrossEntropy.Compute(ones(2, 1), head, tensor(new[] { 0L, 2L }), ones(2));

        Assert.Equal([0f, 1e4f], losses.data<float>().ToArray());
        Assert.All(gradient!.data<float>().ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Compute_VocabularyOf152000_NeverHoldsAllLogits()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("Peak memory is read from /proc.");
        using var scope = NewDisposeScope();
        var (hidden, head, targets, weights) = Inputs(1024, 151_936, 16); // all logits: 622 MB
        ChunkedCrossEntropy.Compute(hidden.narrow(0, 0, 2), head, targets.narrow(0, 0, 2), weights.narrow(0, 0, 2));

        var growth = PeakMemory.Growth(() => ChunkedCrossEntropy.Compute(hidden, head, targets, weights));

        Assert.InRange(growth, 1 << 20, 200 << 20); // a chunk of 64 MB, its gradient for the head, and what the allocator keeps
    }

    private static (Tensor Hidden, Parameter Head, Tensor Targets, Tensor Weights) Inputs(int count, int vocabulary, int size)
    {
        using var generator = new Generator(7);
        return (
            randn([count, size], generator: generator),
            new Parameter(randn([vocabulary, size], generator: generator)),
            tensor([.. Enumerable.Range(0, count).Select(i => (long)(i * 31 % vocabulary))]),
            rand([count], generator: generator));
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance) =>
        Assert.InRange(expected.sub(actual).abs().max().ToDouble(), 0, tolerance);
}
