using System.Runtime.InteropServices;
using Platform.Engine.Checkpoints;
using Platform.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Exports;

/// <summary>Turns a checkpoint's tensors into those of llama.cpp: its names, its order of rotary pairs, its types.</summary>
internal sealed class GgufTensors
{
    private static readonly Dictionary<string, string> LayerNames = new(StringComparer.Ordinal)
    {
        ["input_layernorm"] = "attn_norm",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.o_proj"] = "attn_output",
        ["self_attn.q_norm"] = "attn_q_norm",
        ["self_attn.k_norm"] = "attn_k_norm",
        ["post_attention_layernorm"] = "ffn_norm",
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
    };

    private const string LeftFactor = ".lora_A.weight"; // as long as the right one's

    private readonly MergedWeights _weights;
    private readonly ModelConfig _config;
    private readonly bool _pairsNeighbours;
    private readonly GgufTensorType _type;

    /// <param name="weights">The model.</param>
    /// <param name="pairsNeighbours">The architecture rotates neighbouring numbers of a head instead of the two halves.</param>
    /// <param name="type">How matrices are stored.</param>
    public GgufTensors(MergedWeights weights, bool pairsNeighbours, GgufTensorType type) =>
        (_weights, _config, _pairsNeighbours, _type) = (weights, weights.Config, pairsNeighbours, type);

    /// <summary>Adds all tensors to a file; their content is made when it is written.</summary>
    public void AddTo(GgufFile file)
    {
        foreach (var (name, shape) in _config.Tensors())
            file.Add(Describe(Rename(name), name, shape));
        // Llama 3's scaling: what each frequency is divided by.
        if (_config.RopeScaling is { Type: "llama3" })
        {
            var factors = RotaryEmbedding.Frequencies(_config with { RopeScaling = null })
                .Zip(RotaryEmbedding.Frequencies(_config), (plain, scaled) => (float)(plain / scaled)).ToArray();
            file.Add(new GgufTensor("rope_freqs.weight", GgufTensorType.F32, [factors.Length], factors.Length * sizeof(float), stream => stream.Write(MemoryMarshal.AsBytes(factors.AsSpan()))));
        }
    }

    /// <summary>Adds the two factors of every change of an adapter, in float32, as llama.cpp names them.</summary>
    public static void AddTo(GgufFile file, PeftWeights adapter, ModelConfig config, bool pairsNeighbours)
    {
        foreach (var stored in adapter.Tensors)
        {
            var isLeft = stored.Name.EndsWith(LeftFactor, StringComparison.Ordinal);
            var module = stored.Name[..^LeftFactor.Length];
            file.Add(new GgufTensor(
                $"{Rename($"{module}.weight")}.{(isLeft ? "lora_a" : "lora_b")}", GgufTensorType.F32, stored.Shape, stored.Shape.Aggregate(1L, (product, size) => product * size) * sizeof(float),
                stream =>
                {
                    using var scope = NewDisposeScope();
                    var tensor = adapter.Read(stored.Name)!.to(ScalarType.Float32);
                    if (pairsNeighbours && !isLeft && module.EndsWith(".q_proj", StringComparison.Ordinal))
                        tensor = Neighbours(tensor, config.QueryHeads);
                    else if (pairsNeighbours && !isLeft && module.EndsWith(".k_proj", StringComparison.Ordinal))
                        tensor = Neighbours(tensor, config.KeyValueHeads);
                    stream.Write(tensor.contiguous());
                }));
        }
    }

    private static string Rename(string name)
    {
        switch (name)
        {
            case "model.embed_tokens.weight":
                return "token_embd.weight";
            case "model.norm.weight":
                return "output_norm.weight";
            case "lm_head.weight":
                return "output.weight";
        }

        // model.layers.N.PART.weight
        var parts = name.Split('.');
        return $"blk.{parts[2]}.{LayerNames[string.Join('.', parts[3..^1])]}.{parts[^1]}";
    }

    private GgufTensor Describe(string name, string source, long[] shape)
    {
        var type = TypeFor(shape);
        var numbers = shape.Aggregate(1L, (product, size) => product * size);
        var bytes = type switch
        {
            GgufTensorType.F32 => numbers * 4,
            GgufTensorType.Q8_0 => numbers / Q8Blocks.Numbers * Q8Blocks.Bytes,
            _ => numbers * 2,
        };
        return new GgufTensor(name, type, shape, bytes, stream => Write(stream, source, type));
    }

    /// <summary>Norms and biases are small and sensitive: always float32. Rows that no whole blocks fill are float16 in a q8_0 file, as in llama.cpp.</summary>
    private GgufTensorType TypeFor(long[] shape)
    {
        if (shape.Length == 1)
            return GgufTensorType.F32;
        return _type == GgufTensorType.Q8_0 && shape[^1] % Q8Blocks.Numbers != 0 ? GgufTensorType.F16 : _type;
    }

    private void Write(Stream stream, string source, GgufTensorType type)
    {
        using var scope = NewDisposeScope();
        var tensor = _weights.Read(source);
        if (_pairsNeighbours && source.Contains(".q_proj.", StringComparison.Ordinal))
            tensor = Neighbours(tensor, _config.QueryHeads);
        else if (_pairsNeighbours && source.Contains(".k_proj.", StringComparison.Ordinal))
            tensor = Neighbours(tensor, _config.KeyValueHeads);
        if (type == GgufTensorType.Q8_0)
            WriteBlocks(stream, tensor.contiguous(), source);
        else
            stream.Write(MergedWeights.Round(tensor, source, type switch { GgufTensorType.F32 => ScalarType.Float32, GgufTensorType.F16 => ScalarType.Float16, _ => ScalarType.BFloat16 }));
    }

    /// <summary>
    /// Checkpoints pair number i of a head with number i + D/2; the architecture pairs 2i with 2i + 1. Reordering the rows that make the
    /// head makes the two the same.
    /// </summary>
    private static Tensor Neighbours(Tensor weight, int heads)
    {
        long[] shape = weight.shape;
        long[] split = [heads, 2, shape[0] / heads / 2, .. shape[1..]];
        return weight.reshape(split).transpose(1, 2).reshape(shape);
    }

    private static void WriteBlocks(Stream stream, Tensor tensor, string source)
    {
        const int Piece = 1 << 20; // numbers at a time, whole blocks
        var blocks = new byte[Piece / Q8Blocks.Numbers * Q8Blocks.Bytes];
        for (var (done, total) = (0L, tensor.numel()); done < total;)
        {
            var count = (int)Math.Min(Piece, total - done);
            var target = blocks.AsSpan(0, count / Q8Blocks.Numbers * Q8Blocks.Bytes);
            try
            {
                Q8Blocks.Encode(MemoryMarshal.Cast<byte, float>(tensor.Piece(done * sizeof(float), count * sizeof(float))), target);
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"Tensor {source} {e.Message}", e);
            }

            stream.Write(target);
            done += count;
        }
    }
}
