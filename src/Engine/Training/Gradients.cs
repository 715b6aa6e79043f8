using Platform.Engine.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>What backward passes have left in some weights.</summary>
internal static class Gradients
{
    /// <summary>The norm of all gradients together; not finite when one value is not.</summary>
    public static double Norm(IEnumerable<(string Name, Parameter Parameter)> weights)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var squares = weights.Where(w => w.Parameter.grad is not null).Select(w => w.Parameter.grad!.norm().Squared()).ToList();
        return squares.Count == 0 ? 0 : Math.Sqrt(stack(squares).sum().ToDouble());
    }

    /// <summary>Drops them.</summary>
    public static void Clear(IEnumerable<(string Name, Parameter Parameter)> weights)
    {
        foreach (var (_, parameter) in weights)
            parameter.grad = null;
    }
}
