using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>AdamW (Loshchilov and Hutter, https://arxiv.org/abs/1711.05101); weight decay only on matrices, not on norms and biases.</summary>
/// <remarks>Owns the moments, two tensors for each weight.</remarks>
internal sealed class AdamW : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.98;
    private const double Epsilon = 1e-8;

    private readonly List<Slot> _slots;

    /// <param name="parameters">Name and weight, in a fixed order.</param>
    /// <param name="weightDecay">λ; each step shrinks matrices by lr · λ.</param>
    /// <param name="decayEmbeddings">Whether that includes the embedding and the output head.</param>
    public AdamW(IEnumerable<(string Name, Parameter Parameter)> parameters, double weightDecay, bool decayEmbeddings = true)
    {
        _slots = [.. parameters.Select(p => new Slot(
            p.Name,
            p.Parameter,
            zeros_like(p.Parameter).DetachFromDisposeScope(),
            zeros_like(p.Parameter).DetachFromDisposeScope(),
            Decays(p.Name, p.Parameter) ? weightDecay : 0))];

        bool Decays(string name, Parameter parameter) => parameter.dim() > 1 && (decayEmbeddings || !IsEmbedding(name));
    }

    /// <summary>Optimizer updates made so far.</summary>
    public long Steps { get; set; }

    /// <summary>The moments under the names that a checkpoint uses.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> State() =>
        _slots.SelectMany(s => new[] { ($"m.{s.Name}", s.First), ($"v.{s.Name}", s.Second) });

    /// <summary>Makes one update from the gradients, clipped to <paramref name="clipNorm"/>, and clears them.</summary>
    /// <param name="learningRate">Step size.</param>
    /// <param name="clipNorm">Largest norm of all gradients together; 0 for no limit.</param>
    /// <returns>The norm before clipping; when it is not finite, nothing was changed.</returns>
    public double Step(double learningRate, double clipNorm)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var active = _slots.Where(s => s.Parameter.grad is not null).Select(s => (Slot: s, Gradient: s.Parameter.grad!)).ToList();
        var norm = stack(active.Select(a => a.Gradient.square().sum())).sum().sqrt().ToDouble();
        if (double.IsFinite(norm))
        {
            Steps++;
            // The step is bound by memory: the bias corrections go into its size and into epsilon, so that no tensor is passed over for them.
            var correction2 = Math.Sqrt(1 - Math.Pow(Beta2, Steps));
            var size = learningRate * correction2 / (1 - Math.Pow(Beta1, Steps));
            var clip = clipNorm > 0 ? Math.Min(1, clipNorm / (norm + 1e-6)) : 1;
            foreach (var (slot, gradient) in active)
            {
                if (clip < 1)
                    gradient.mul_(clip);
                slot.First.lerp_(gradient, 1 - Beta1);
                slot.Second.mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
                if (slot.Decay > 0)
                    slot.Parameter.mul_(1 - learningRate * slot.Decay);
                using var denominator = slot.Second.sqrt().add_(Epsilon * correction2);
                slot.Parameter.addcdiv_(slot.First, denominator, -size);
            }
        }

        foreach (var slot in _slots)
            slot.Parameter.grad = null;
        return norm;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var slot in _slots)
        {
            slot.First.Dispose();
            slot.Second.Dispose();
        }
    }

    private static bool IsEmbedding(string name) =>
        name.EndsWith("embed_tokens.weight", StringComparison.Ordinal) || name.EndsWith("lm_head.weight", StringComparison.Ordinal);

    private sealed record Slot(string Name, Parameter Parameter, Tensor First, Tensor Second, double Decay);
}
