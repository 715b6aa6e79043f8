using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Platform.Engine.Checkpoints;

/// <summary>
/// Reads and writes the safetensors format (https://github.com/huggingface/safetensors): 8 bytes of header length, a JSON header of
/// name → {dtype, shape, data_offsets}, then the raw little-endian data.
/// </summary>
public static class Safetensors
{
    /// <summary>The types that can be read and written, by their name in the format.</summary>
    internal static readonly Dictionary<string, ScalarType> Types = new()
    {
        ["F64"] = ScalarType.Float64,
        ["F32"] = ScalarType.Float32,
        ["F16"] = ScalarType.Float16,
        ["BF16"] = ScalarType.BFloat16,
        ["I64"] = ScalarType.Int64,
        ["I32"] = ScalarType.Int32,
        ["U8"] = ScalarType.Byte,
    };

    /// <summary>Reads every tensor of a file and hands it to <paramref name="receive"/>, which must copy what it wants to keep.</summary>
    /// <param name="path">The file.</param>
    /// <param name="receive">Called with each tensor's name and the tensor, on the CPU in the stored type.</param>
    /// <exception cref="InvalidDataException">The file is truncated or not in this format; the message says where.</exception>
    public static void Read(string path, Action<string, Tensor> receive)
    {
        ArgumentNullException.ThrowIfNull(receive);
        using var file = new SafetensorsFile(path);
        foreach (var stored in file.Tensors)
        {
            using var scope = NewDisposeScope();
            receive(stored.Name, file.Read(stored));
        }
    }

    /// <summary>Reads the free-text metadata of a file.</summary>
    /// <param name="path">The file.</param>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path)
    {
        using var file = new SafetensorsFile(path);
        return file.Metadata;
    }

    /// <summary>Writes tensors to a temporary name, flushes them to the disk and renames; an existing file is replaced whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Name and tensor, in the order to store.</param>
    /// <param name="metadata">Free text stored beside them, or null.</param>
    public static void Write(string path, IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        Write(path, [.. tensors.Select(t => new TensorSource(t.Name, t.Tensor.dtype, t.Tensor.shape, () => t.Tensor.alias()))], metadata);
    }

    /// <summary>Writes tensors that are made one at a time, so that a large model never lies in memory whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">What to store, in order.</param>
    /// <param name="metadata">Free text stored beside them, or null.</param>
    internal static void Write(string path, IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        AtomicFile.Write(path, stream => Write(stream, tensors, metadata));
    }

    /// <summary>Writes the format to a stream.</summary>
    /// <param name="stream">Where to; stays open.</param>
    /// <param name="tensors">What to store, in order.</param>
    /// <param name="metadata">Free text stored beside them, or null.</param>
    internal static void Write(Stream stream, IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var json = Header(tensors, metadata);
        var padding = (8 - json.Length % 8) % 8; // data aligned to 8 bytes
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length + padding);
        stream.Write(length);
        stream.Write(json);
        stream.Write("       "u8[..padding]);
        foreach (var source in tensors)
        {
            using var scope = NewDisposeScope();
            var tensor = source.Make();
            if (tensor.dtype != source.Type || !tensor.shape.SequenceEqual(source.Shape))
                throw new InvalidOperationException($"Tensor {source.Name} is {tensor.dtype}[{string.Join(", ", tensor.shape)}]; its header says {source.Type}[{string.Join(", ", source.Shape)}].");
            stream.Write(tensor);
        }
    }

    private static byte[] Header(IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var header = new JsonObject();
        if (metadata is not null)
            header["__metadata__"] = new JsonObject(metadata.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value)));
        long offset = 0;
        foreach (var source in tensors)
        {
            var bytes = source.Shape.Aggregate((long)source.Type.ElementSize(), (product, size) => product * size);
            header[source.Name] = new JsonObject
            {
                ["dtype"] = Types.First(t => t.Value == source.Type).Key,
                ["shape"] = new JsonArray([.. source.Shape.Select(s => (JsonNode)s)]),
                ["data_offsets"] = new JsonArray(offset, offset + bytes),
            };
            offset += bytes;
        }

        return JsonSerializer.SerializeToUtf8Bytes(header);
    }
}

/// <summary>A tensor that is made when it is its turn to be written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Make">Makes it; called once, inside a dispose scope.</param>
internal sealed record TensorSource(string Name, ScalarType Type, long[] Shape, Func<Tensor> Make);
