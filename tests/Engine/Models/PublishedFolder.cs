using System.Buffers.Binary;
using System.Text.Json.Nodes;

namespace Platform.Engine.Tests.Models;

/// <summary>Writes a model's folder without the engine: plain bytes, one file or shards, any of the three types.</summary>
internal static class PublishedFolder
{
    /// <summary>Writes a folder; the weights are rounded to what the type can hold, so that a reference sees what is stored.</summary>
    public static void Write(string folder, JsonObject config, IEnumerable<(string Name, int[] Shape)> tensors, Dictionary<string, float[]> weights, string type, int shards)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        var all = tensors.ToList();
        foreach (var (name, _) in all)
            weights[name] = [.. weights[name].Select(value => Round(value, type))];
        if (shards == 1)
        {
            WriteFile(Path.Combine(folder, "model.safetensors"), all, weights, type);
            return;
        }

        var map = new JsonObject();
        for (var shard = 0; shard < shards; shard++)
        {
            var name = $"model-{shard + 1:D5}-of-{shards:D5}.safetensors";
            var part = all.Where((_, i) => i % shards == shard).ToList();
            WriteFile(Path.Combine(folder, name), part, weights, type);
            foreach (var tensor in part)
                map[tensor.Name] = name;
        }

        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), new JsonObject { ["metadata"] = new JsonObject(), ["weight_map"] = map }.ToJsonString());
    }

    /// <summary>The value as the type stores it.</summary>
    private static float Round(float value, string type) => type switch
    {
        "F16" => (float)(Half)value,
        "BF16" => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) & unchecked((int)0xFFFF0000)),
        _ => value,
    };

    private static void WriteFile(string path, List<(string Name, int[] Shape)> tensors, Dictionary<string, float[]> weights, string type)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        using var data = new MemoryStream();
        foreach (var (name, shape) in tensors)
        {
            var from = data.Length;
            foreach (var value in weights[name])
                data.Write(Bytes(value, type));
            header[name] = new JsonObject
            {
                ["dtype"] = type,
                ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(from, data.Length),
            };
        }

        var json = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        using var file = File.Create(path);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        file.Write(length);
        file.Write(json);
        data.WriteTo(file);
    }

    private static byte[] Bytes(float value, string type) => type switch
    {
        "F16" => BitConverter.GetBytes((Half)value),
        "BF16" => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)),
        "F32" => BitConverter.GetBytes(value),
        _ => [(byte)value], // the eight-bit types that nobody reads
    };
}
