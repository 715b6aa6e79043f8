using Platform.Engine.Kernels;
using Platform.Engine.Models;
using static TorchSharp.torch;

namespace Platform.Engine.Inference;

/// <summary>Lays the weights of a model out for inference.</summary>
/// <param name="config">Shape of the model.</param>
/// <param name="weights">The weights by checkpoint name.</param>
/// <param name="type">How matrices are stored; null for the narrowest type that loses nothing.</param>
internal sealed class WeightPacking(ModelConfig config, IReadOnlyDictionary<string, Tensor> weights, WeightType? type)
{
    /// <summary>A layer.</summary>
    /// <param name="index">Its index.</param>
    public InferenceLayer Layer(int index)
    {
        var prefix = $"model.layers.{index}.";
        return new InferenceLayer(
            Vector(prefix + "input_layernorm.weight"),
            Join(prefix + "self_attn.q_proj", prefix + "self_attn.k_proj", prefix + "self_attn.v_proj"),
            config.QueryKeyNorm ? Vector(prefix + "self_attn.q_norm.weight") : null,
            config.QueryKeyNorm ? Vector(prefix + "self_attn.k_norm.weight") : null,
            Join(prefix + "self_attn.o_proj"),
            Vector(prefix + "post_attention_layernorm.weight"),
            Join(prefix + "mlp.gate_proj", prefix + "mlp.up_proj"),
            Join(prefix + "mlp.down_proj"));
    }

    /// <summary>A matrix of [outputs, inputs] under its full name.</summary>
    /// <param name="name">For instance <c>lm_head.weight</c>.</param>
    public PackedMatrix Matrix(string name)
    {
        var values = Values(name);
        var packed = new PackedMatrix((int)weights[name].shape[0], (int)weights[name].shape[1], type ?? Exact([values]));
        packed.SetRows(0, values);
        return packed;
    }

    /// <summary>A vector.</summary>
    /// <param name="name">For instance <c>model.norm.weight</c>.</param>
    public unsafe NativeBuffer<float> Vector(string name)
    {
        var values = Values(name);
        var buffer = new NativeBuffer<float>(values.Length);
        values.CopyTo(new Span<float>(buffer.Pointer, values.Length));
        return buffer;
    }

    private JoinedProjection Join(params string[] names)
    {
        var parts = names.Select(name => Values(name + ".weight")).ToList();
        var inputs = (int)weights[names[0] + ".weight"].shape[1];
        float[] bias = names.Any(name => weights.ContainsKey(name + ".bias"))
            ? [.. names.Zip(parts).SelectMany(p => weights.ContainsKey(p.First + ".bias") ? Values(p.First + ".bias") : new float[p.Second.Length / inputs])]
            : [];
        var matrix = new PackedMatrix(parts.Sum(part => part.Length / inputs), inputs, type ?? Exact(parts), bias);
        var places = new List<(string, int)>();
        var first = 0;
        foreach (var (name, part) in names.Zip(parts))
        {
            matrix.SetRows(first, part);
            places.Add((name, first));
            first += part.Length / inputs;
        }

        return new JoinedProjection(matrix, places);
    }

    private float[] Values(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return weights[name].to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
    }

    private static WeightType Exact(IEnumerable<float[]> parts) =>
        parts.All(part => Array.TrueForAll(part, BFloat16Panel.IsExact)) ? WeightType.BFloat16 : WeightType.Float32;
}
