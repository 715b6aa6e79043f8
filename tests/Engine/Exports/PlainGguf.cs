using System.Text;

namespace Platform.Engine.Tests.Exports;

/// <summary>A second, plain reading of a GGUF file, by the format's description and not by the engine: all pairs, all tensors as floats.</summary>
internal sealed class PlainGguf
{
    private readonly BinaryReader _reader;

    private PlainGguf(BinaryReader reader) => _reader = reader;

    public Dictionary<string, object> Pairs { get; } = new(StringComparer.Ordinal);

    /// <summary>Shape (slowest dimension first), type's number, values.</summary>
    public Dictionary<string, (long[] Shape, uint Type, float[] Values)> Tensors { get; } = new(StringComparer.Ordinal);

    public static PlainGguf Read(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        var file = new PlainGguf(reader);
        Assert.Equal("GGUF", Encoding.ASCII.GetString(reader.ReadBytes(4)));
        Assert.Equal(3u, reader.ReadUInt32());
        var (tensors, pairs) = (reader.ReadUInt64(), reader.ReadUInt64());
        for (var i = 0ul; i < pairs; i++)
            file.Pairs.Add(file.Text(), file.Value(reader.ReadUInt32()));
        var described = Enumerable.Range(0, (int)tensors).Select(_ => file.Description()).ToList();
        var start = Aligned(reader.BaseStream.Position);
        var end = start;
        foreach (var (name, shape, type, offset) in described)
        {
            Assert.Equal(end, start + offset); // no gap, no overlap
            Assert.Equal(0, offset % 32);
            reader.BaseStream.Position = start + offset;
            file.Tensors.Add(name, (shape, type, file.Numbers(shape.Aggregate(1L, (a, b) => a * b), type)));
            end = Aligned(reader.BaseStream.Position);
        }

        Assert.Equal(end, reader.BaseStream.Length);
        return file;
    }

    private static long Aligned(long position) => (position + 31) / 32 * 32;

    private string Text() => Encoding.UTF8.GetString(_reader.ReadBytes((int)_reader.ReadUInt64()));

    private object Value(uint type) => type switch
    {
        4 => _reader.ReadUInt32(),
        5 => _reader.ReadInt32(),
        6 => _reader.ReadSingle(),
        7 => _reader.ReadByte() == 1,
        8 => Text(),
        9 => Values(),
        _ => throw new InvalidDataException($"type {type}"),
    };

    private object[] Values()
    {
        var (type, count) = (_reader.ReadUInt32(), _reader.ReadUInt64());
        return [.. Enumerable.Range(0, (int)count).Select(_ => Value(type))];
    }

    private (string Name, long[] Shape, uint Type, long Offset) Description()
    {
        var name = Text();
        long[] sizes = [.. Enumerable.Range(0, (int)_reader.ReadUInt32()).Select(_ => (long)_reader.ReadUInt64())];
        return (name, [.. sizes.Reverse()], _reader.ReadUInt32(), (long)_reader.ReadUInt64());
    }

    private float[] Numbers(long count, uint type) => type switch
    {
        0 => [.. Range(count).Select(_ => _reader.ReadSingle())],
        1 => [.. Range(count).Select(_ => (float)_reader.ReadHalf())],
        30 => [.. Range(count).Select(_ => BitConverter.UInt32BitsToSingle((uint)_reader.ReadUInt16() << 16))],
        8 => [.. Range(count / 32).SelectMany(_ => Block())],
        _ => throw new InvalidDataException($"tensor type {type}"),
    };

    private float[] Block()
    {
        var scale = (float)_reader.ReadHalf();
        return [.. Range(32).Select(_ => scale * _reader.ReadSByte())];
    }

    private static IEnumerable<int> Range(long count) => Enumerable.Range(0, (int)count);
}
