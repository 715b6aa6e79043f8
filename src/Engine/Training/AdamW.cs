using Platform.Engine.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Platform.Engine.Training;

/// <summary>AdamW (Loshchilov and Hutter, https://arxiv.org/abs/1711.05101); weight decay only on matrices, not on norms and biases.</summary>
/// <remarks>
/// Owns the moments, two tensors for each weight. Weights of less than 32 bits are updated through float32 copies, their masters, and their
/// gradients are summed in float32: an update is often smaller than such a weight's last bit.
/// </remarks>
internal sealed class AdamW : IDisposable
{
    private const double Beta1 = TrainingOptions.Beta1;
    private const double Beta2 = TrainingOptions.Beta2;
    private const double Epsilon = TrainingOptions.Epsilon;

    private readonly List<Slot> _slots;
    private readonly bool _fused;

    /// <param name="parameters">Name and weight, in a fixed order.</param>
    /// <param name="weightDecay">λ; each step shrinks matrices by lr · λ.</param>
    /// <param name="decayEmbeddings">Whether that includes the embedding and the output head.</param>
    /// <param name="masters">The float32 values of weights of another type, by name; they belong to the caller.</param>
    /// <param name="fused">Whether libtorch's one-pass kernel may be used where it can.</param>
    public AdamW(
        IEnumerable<(string Name, Parameter Parameter)> parameters,
        double weightDecay,
        bool decayEmbeddings = true,
        IReadOnlyDictionary<string, Tensor>? masters = null,
        bool fused = true)
    {
        _slots = [.. parameters.Select(p => new Slot(p.Name, p.Parameter, Decays(p.Name, p.Parameter) ? weightDecay : 0, masters?[p.Name]))];
        _fused = fused && Dispatcher.IsAvailable;

        bool Decays(string name, Parameter parameter) => parameter.dim() > 1 && (decayEmbeddings || !IsEmbedding(name));
    }

    /// <summary>Optimizer updates made so far.</summary>
    public long Steps { get; set; }

    /// <summary>What is really updated: the weights, or their masters.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> Weights() => _slots.Select(s => (s.Name, s.Weight));

    /// <summary>The moments under the names that a checkpoint uses.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> State() =>
        _slots.SelectMany(s => new[] { ($"m.{s.Name}", s.First), ($"v.{s.Name}", s.Second) });

    /// <summary>Gives the model the values of the masters, after those were restored.</summary>
    public void ShowMasters()
    {
        using var noGrad = no_grad();
        foreach (var slot in _slots.Where(s => s.Master is not null))
            slot.Parameter.copy_(slot.Master!);
    }

    /// <summary>Adds the gradients of weights with a master to their float32 sums and clears them; call behind every pass of an update.</summary>
    public void CollectGradients()
    {
        using var noGrad = no_grad();
        foreach (var slot in _slots.Where(s => s.Master is not null))
            slot.Collect();
    }

    /// <summary>Makes one update from the gradients, clipped to <paramref name="clipNorm"/>, and clears them.</summary>
    /// <param name="learningRate">Step size.</param>
    /// <param name="clipNorm">Largest norm of all gradients together; 0 for no limit.</param>
    /// <returns>The norm before clipping; when it is not finite, nothing was changed.</returns>
    public double Step(double learningRate, double clipNorm)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        CollectGradients();
        List<(Slot Slot, Tensor Gradient)> active = [.. _slots.Where(s => s.Gradient is not null).Select(s => (s, s.Gradient!))];
        // Not linalg.vector_norm: the scalar that it makes can be collected before the native call reads it, which ends a training in "Unknown scalar type".
        var norm = stack(active.Select(a => a.Gradient.norm())).norm().ToDouble();
        if (double.IsFinite(norm))
        {
            Steps++;
            var clip = clipNorm > 0 ? Math.Min(1, clipNorm / (norm + 1e-6)) : 1;
            foreach (var group in active.GroupBy(a => (a.Slot.Decay, CanFuse: _fused && a.Slot.CanFuse)))
            {
                if (group.Key.CanFuse)
                    UpdateFused([.. group], learningRate, group.Key.Decay, clip);
                else
                    UpdatePlain([.. group], learningRate, group.Key.Decay, clip);
            }

            ShowMasters();
        }

        ClearGradients();
        return norm;
    }

    /// <summary>Drops all gradients without an update.</summary>
    public void ClearGradients()
    {
        foreach (var slot in _slots)
            slot.ClearGradient();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var slot in _slots)
            slot.Dispose();
    }

    private void UpdatePlain(List<(Slot Slot, Tensor Gradient)> active, double learningRate, double decay, double clip)
    {
        // The step is bound by memory: the bias corrections go into its size and into epsilon, so that no tensor is passed over for them.
        var correction2 = Math.Sqrt(1 - Math.Pow(Beta2, Steps));
        var size = learningRate * correction2 / (1 - Math.Pow(Beta1, Steps));
        foreach (var (slot, gradient) in active)
        {
            if (clip < 1)
                gradient.Multiply(clip);
            slot.First.MoveTowards(gradient, 1 - Beta1);
            slot.Second.Multiply(Beta2).AddProduct(gradient, gradient, 1 - Beta2);
            if (decay > 0)
                slot.Weight.Multiply(1 - (learningRate * decay));
            using var denominator = slot.Second.sqrt().Add(Epsilon * correction2);
            slot.Weight.AddQuotient(slot.First, denominator, -size);
        }
    }

    /// <summary>The same in one pass over memory: <c>aten::_fused_adamw_</c>.</summary>
    private void UpdateFused(List<(Slot Slot, Tensor Gradient)> active, double learningRate, double decay, double clip)
    {
        var device = active[0].Gradient.device;
        var step = tensor((float)Steps, device: device);
        var scale = clip < 1 ? tensor((float)(1 / clip), device: device) : null; // the kernel divides gradients by it
        Span<ulong> stack =
        [
            Dispatcher.List([.. active.Select(a => a.Slot.Weight)]),
            Dispatcher.List([.. active.Select(a => a.Gradient)]),
            Dispatcher.List([.. active.Select(a => a.Slot.First)]),
            Dispatcher.List([.. active.Select(a => a.Slot.Second)]),
            Dispatcher.List([]), // amsgrad's maxima
            Dispatcher.List([.. active.Select(_ => step)]),
            Dispatcher.Number(learningRate),
            Dispatcher.Number(Beta1),
            Dispatcher.Number(Beta2),
            Dispatcher.Number(decay),
            Dispatcher.Number(Epsilon),
            Dispatcher.Flag(false), // amsgrad
            Dispatcher.Flag(false), // maximize
            Dispatcher.Optional(scale),
            Dispatcher.None, // found_inf
        ];
        Dispatcher.Call("aten::_fused_adamw_", "", stack);
    }

    private static bool IsEmbedding(string name) =>
        name.EndsWith("embed_tokens.weight", StringComparison.Ordinal) || name.EndsWith("lm_head.weight", StringComparison.Ordinal);

    private sealed class Slot : IDisposable
    {
        private Tensor? _sum;

        public Slot(string name, Parameter parameter, double decay, Tensor? master)
        {
            (Name, Parameter, Decay, Master) = (name, parameter, decay, master);
            First = zeros_like(Weight).DetachFromDisposeScope();
            Second = zeros_like(Weight).DetachFromDisposeScope();
        }

        public string Name { get; }

        public Parameter Parameter { get; }

        public double Decay { get; }

        public Tensor? Master { get; }

        public Tensor Weight => Master ?? Parameter;

        public Tensor First { get; }

        public Tensor Second { get; }

        public Tensor? Gradient => Master is null ? Parameter.grad : _sum;

        /// <summary>Whether the kernel's conditions hold: one type, and memory without gaps.</summary>
        public bool CanFuse => Gradient!.is_contiguous() && Weight.is_contiguous() && Gradient.dtype == Weight.dtype;

        public void Collect()
        {
            using var scope = NewDisposeScope();
            if (Parameter.grad is not { } gradient)
                return;
            if (_sum is null)
                _sum = gradient.to(ScalarType.Float32).DetachFromDisposeScope();
            else
                _sum.Add(gradient);
            Parameter.grad = null;
        }

        public void ClearGradient()
        {
            Parameter.grad = null;
            _sum?.Dispose();
            _sum = null;
        }

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
            _sum?.Dispose();
        }
    }
}
