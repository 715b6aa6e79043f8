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
    private const int MaxHeaderBytes = 100_000_000; // the format's own limit

    private static readonly Dictionary<string, ScalarType> Types = new()
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
        using var file = File.OpenRead(path);
        var (header, start) = ReadHeader(file, path);
        foreach (var (name, node) in header)
        {
            if (name == "__metadata__")
                continue;
            using var scope = NewDisposeScope();
            receive(name, ReadTensor(file, path, name, node!, start));
        }
    }

    /// <summary>Reads the free-text metadata of a file.</summary>
    /// <param name="path">The file.</param>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path)
    {
        using var file = File.OpenRead(path);
        var (header, _) = ReadHeader(file, path);
        return header["__metadata__"] is JsonObject metadata
            ? metadata.ToDictionary(p => p.Key, p => p.Value?.GetValue<string>() ?? "")
            : new Dictionary<string, string>();
    }

    /// <summary>Writes tensors to a temporary name, flushes them to the disk and renames; an existing file is replaced whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Name and tensor, in the order to store.</param>
    /// <param name="metadata">Free text stored beside them, or null.</param>
    public static void Write(string path, IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var header = new JsonObject();
        if (metadata is not null)
            header["__metadata__"] = new JsonObject(metadata.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value)));
        long offset = 0;
        foreach (var (name, tensor) in tensors)
        {
            var bytes = tensor.numel() * tensor.element_size();
            header[name] = new JsonObject
            {
                ["dtype"] = Types.First(t => t.Value == tensor.dtype).Key,
                ["shape"] = new JsonArray([.. tensor.shape.Select(s => (JsonNode)s)]),
                ["data_offsets"] = new JsonArray(offset, offset + bytes),
            };
            offset += bytes;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        AtomicFile.Write(path, stream =>
        {
            var padding = (8 - json.Length % 8) % 8; // data aligned to 8 bytes
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, json.Length + padding);
            stream.Write(length);
            stream.Write(json);
            stream.Write("       "u8[..padding]);
            foreach (var (_, tensor) in tensors)
            {
                using var scope = NewDisposeScope();
                stream.Write(tensor.detach().cpu().contiguous().bytes);
            }
        });
    }

    private static (JsonObject Header, long DataStart) ReadHeader(FileStream file, string path)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (file.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
            throw new InvalidDataException($"{path}: {file.Length} bytes is too short for a safetensors file.");
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length is <= 0 or > MaxHeaderBytes || length + 8 > file.Length)
            throw new InvalidDataException($"{path}: the header claims {length} bytes; the file has {file.Length}. It is truncated or not a safetensors file.");
        var bytes = new byte[length];
        file.ReadExactly(bytes);
        try
        {
            return (JsonNode.Parse(bytes) as JsonObject ?? throw new InvalidDataException($"{path}: the header is not a JSON object."), 8 + length);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: the header is not valid JSON: {e.Message}", e);
        }
    }

    private static Tensor ReadTensor(FileStream file, string path, string name, JsonNode node, long start)
    {
        var typeName = node["dtype"]?.GetValue<string>() ?? "";
        if (!Types.TryGetValue(typeName, out var type))
            throw new InvalidDataException($"{path}: tensor {name} has type \"{typeName}\"; supported: {string.Join(", ", Types.Keys)}.");
        var shape = node["shape"]!.AsArray().Select(s => s!.GetValue<long>()).ToArray();
        var (from, to) = (node["data_offsets"]![0]!.GetValue<long>(), node["data_offsets"]![1]!.GetValue<long>());
        var result = empty(shape, type);
        if (to - from != result.numel() * result.element_size() || from < 0 || start + to > file.Length)
            throw new InvalidDataException($"{path}: tensor {name} of {typeName}[{string.Join(", ", shape)}] claims bytes {from} to {to}; the file has {file.Length - start} bytes of data.");
        file.Position = start + from;
        file.ReadExactly(result.bytes);
        return result;
    }
}
