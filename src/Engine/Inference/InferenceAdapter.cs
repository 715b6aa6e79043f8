using Platform.Engine.Kernels;
using Platform.Engine.Models;
using Platform.Engine.Native;
using static TorchSharp.torch;

namespace Platform.Engine.Inference;

/// <summary>A LoRA adapter laid out for inference: y += (x·Aᵀ)·(α/r·B)ᵀ for the sequences of its task only.</summary>
internal sealed class InferenceAdapter : IDisposable
{
    private readonly Dictionary<string, Factors> _factors = new(StringComparer.Ordinal);

    /// <param name="adapter">The adapter.</param>
    public InferenceAdapter(LoraAdapter adapter)
    {
        using var noGrad = no_grad();
        foreach (var (name, weights) in adapter.Factors())
        {
            using var scope = NewDisposeScope();
            _factors[name] = new Factors(Pack(weights.A), Pack(weights.B.Times(weights.Scale)));
        }
    }

    /// <summary>Bytes in memory.</summary>
    public long SizeBytes => _factors.Values.Sum(f => f.A.SizeBytes + f.B.SizeBytes);

    /// <summary>Largest rank, padded; room that a product with A needs in each row.</summary>
    public int PaddedRank => _factors.Values.Select(f => f.A.PaddedOutputs).DefaultIfEmpty(0).Max();

    /// <summary>The factors of a projection, or null when the adapter leaves it alone.</summary>
    /// <param name="projection">Name in the checkpoint, for instance <c>model.layers.0.self_attn.q_proj</c>.</param>
    public Factors? Find(string projection) => _factors.GetValueOrDefault(projection);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (a, b) in _factors.Values)
        {
            a.Dispose();
            b.Dispose();
        }
    }

    private static PackedMatrix Pack(Tensor weight)
    {
        var packed = new PackedMatrix((int)weight.shape[0], (int)weight.shape[1], WeightType.Float32);
        packed.SetRows(0, weight.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray());
        return packed;
    }

    /// <param name="A">[r, inputs].</param>
    /// <param name="B">[outputs, r], scaled.</param>
    public sealed record Factors(PackedMatrix A, PackedMatrix B);
}
