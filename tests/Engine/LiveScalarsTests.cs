using Platform.Engine.Native;
using static TorchSharp.torch;

namespace Platform.Engine.Tests;

public sealed class LiveScalarsTests
{
    [Fact]
    public void Operations_WhileGarbageIsCollected_NeverLoseTheirNumber()
    {
        using var done = new CancellationTokenSource();
        var collecting = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collecting.Start();
        try
        {
            using var noGrad = no_grad();
            using var x = ones(4);
            using var first = zeros(1, ScalarType.Int64);
            using var zero = zeros(1);
            for (var i = 0; i < 40_000; i++)
            {
                using var scope = NewDisposeScope();
                var y = x.Squared().Plus(0.5).Times(2).Over(3).Plus(x, 3); // (1 + 0.5) * 2 / 3 + 3
                y.Multiply(2).Add(1).Add(x, -1).Divide(4); // (8 + 1 - 1) / 4
                y.Add(x).sub_(x).AddRows(first, zero);
                Assert.Equal([2f, 2f, 2f, 2f], y.data<float>().ToArray());
            }
        }
        finally
        {
            done.Cancel();
            collecting.Join();
        }
    }

    [Fact]
    public void Operations_AreWhatTheirNamesSay()
    {
        using var scope = NewDisposeScope();
        Tensor Of(params float[] values) => tensor(values);

        Assert.Equal([0f, 2f], Of(-1, 2).AtLeast(0).data<float>().ToArray());
        Assert.Equal([7f, 7f], Of(1, 2).Fill(7).data<float>().ToArray());
        Assert.Equal([1.5f], Of(1).MoveTowards(Of(3), 0.25).data<float>().ToArray());
        Assert.Equal([13f], Of(1).AddProduct(Of(2), Of(3), 2).data<float>().ToArray());
        Assert.Equal([4f], Of(1).AddQuotient(Of(3), Of(2), 2).data<float>().ToArray());
        Assert.Equal([0L, 1, 2], LiveScalars.CountUp(3, CPU).data<long>().ToArray());
    }
}
