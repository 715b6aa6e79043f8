using Platform.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Tests.Native;

public sealed class DispatcherTests
{
    public DispatcherTests()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("The interface is only looked for on Linux.");
    }

    [Fact]
    public void IsAvailable_PackagedLibtorch_HasTheInterface() => Assert.True(Dispatcher.IsAvailable);

    [Fact]
    public void Call_OperatorOnAList_ChangesItsTensors()
    {
        using var scope = NewDisposeScope();
        var (first, second) = (tensor(new[] { 1f, -2f }), tensor(new[] { 3f }));

        Dispatcher.Call("aten::_foreach_neg_", "", [Dispatcher.List([first, second])]);

        Assert.Equal([-1f, 2f], first.data<float>().ToArray());
        Assert.Equal([-3f], second.data<float>().ToArray());
    }

    [Fact]
    public void Call_UnknownOperator_NamesIt() => Assert.Contains(
        "aten::no_such_operator",
        Assert.Throws<InvalidOperationException>(() => Dispatcher.Call("aten::no_such_operator", "", [Dispatcher.None])).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Call_Often_KeepsNoTensorAlive()
    {
        Negate();

        var growth = PeakMemory.Growth(() =>
        {
            for (var i = 0; i < 100; i++)
                Negate();
        });

        Assert.True(growth < 100 << 20, $"the process grew by {growth:N0} bytes"); // 800 MB went through

        static void Negate()
        {
            using var big = ones(1 << 21);
            Dispatcher.Call("aten::_foreach_neg_", "", [Dispatcher.List([big])]);
        }
    }
}
