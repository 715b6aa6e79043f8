using System.Buffers.Binary;
using System.Text;
using Platform.Engine.Checkpoints;

namespace Platform.Engine.Exports;

/// <summary>How a GGUF tensor's numbers are stored; the values are the format's own.</summary>
internal enum GgufTensorType
{
    F32 = 0,
    F16 = 1,
    Q8_0 = 8,
    BF16 = 30,
}

/// <summary>A tensor of a GGUF file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">How it is stored.</param>
/// <param name="Shape">Its shape, slowest dimension first; the file has it the other way round.</param>
/// <param name="Bytes">Length of its content.</param>
/// <param name="Write">Writes exactly that many bytes.</param>
internal sealed record GgufTensor(string Name, GgufTensorType Type, long[] Shape, long Bytes, Action<Stream> Write);

/// <summary>
/// Collects what goes into a GGUF file and writes it (version 3; https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): magic, counts,
/// key-value pairs, tensor descriptions, then the tensors, each aligned to 32 bytes.
/// </summary>
internal sealed class GgufFile
{
    private const int Version = 3;
    private const int Alignment = 32; // the format's default

    private readonly List<(string Key, Action<Content> Write)> _pairs = [];
    private readonly List<GgufTensor> _tensors = [];

    private enum ValueType
    {
        UInt32 = 4,
        Int32 = 5,
        Float32 = 6,
        Boolean = 7,
        Text = 8,
        Array = 9,
    }

    /// <summary>Tensors so far.</summary>
    public IReadOnlyList<GgufTensor> Tensors => _tensors;

    public void Add(string key, int value) => Add(key, ValueType.UInt32, content => content.UInt32(checked((uint)value)));

    public void Add(string key, double value) => Add(key, ValueType.Float32, content => content.Float32((float)value));

    public void Add(string key, bool value) => Add(key, ValueType.Boolean, content => content.Byte(value ? (byte)1 : (byte)0));

    public void Add(string key, string value) => Add(key, ValueType.Text, content => content.Text(value));

    public void Add(string key, IReadOnlyList<string> values) => AddArray(key, ValueType.Text, values, (content, value) => content.Text(value));

    public void Add(string key, IReadOnlyList<int> values) => AddArray(key, ValueType.Int32, values, (content, value) => content.UInt32((uint)value));

    public void Add(string key, IReadOnlyList<float> values) => AddArray(key, ValueType.Float32, values, (content, value) => content.Float32(value));

    public void Add(GgufTensor tensor) => _tensors.Add(tensor);

    /// <summary>Writes the file whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Checked before each tensor.</param>
    public void Write(string path, CancellationToken cancellationToken) => AtomicFile.Write(path, stream =>
    {
        var content = new Content(stream);
        content.Bytes("GGUF"u8);
        content.UInt32(Version);
        content.UInt64((ulong)_tensors.Count);
        content.UInt64((ulong)_pairs.Count);
        foreach (var (key, write) in _pairs)
        {
            content.Text(key);
            write(content);
        }

        Describe(content);
        content.Pad();
        foreach (var tensor in _tensors)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var from = stream.Position;
            tensor.Write(stream);
            if (stream.Position - from != tensor.Bytes)
                throw new InvalidOperationException($"Tensor {tensor.Name} wrote {stream.Position - from} bytes instead of {tensor.Bytes}.");
            content.Pad();
        }
    });

    private static long Aligned(long length) => (length + Alignment - 1) / Alignment * Alignment;

    private void Describe(Content content)
    {
        long offset = 0;
        foreach (var tensor in _tensors)
        {
            content.Text(tensor.Name);
            content.UInt32((uint)tensor.Shape.Length);
            foreach (var size in tensor.Shape.Reverse())
                content.UInt64((ulong)size);
            content.UInt32((uint)tensor.Type);
            content.UInt64((ulong)offset);
            offset += Aligned(tensor.Bytes);
        }
    }

    private void Add(string key, ValueType type, Action<Content> write)
    {
        if (_pairs.Any(pair => pair.Key == key))
            throw new InvalidOperationException($"The key {key} is there already.");
        _pairs.Add((key, content =>
        {
            content.UInt32((uint)type);
            write(content);
        }));
    }

    private void AddArray<T>(string key, ValueType type, IReadOnlyList<T> values, Action<Content, T> write) => Add(key, ValueType.Array, content =>
    {
        content.UInt32((uint)type);
        content.UInt64((ulong)values.Count);
        foreach (var value in values)
            write(content, value);
    });

    /// <summary>Little-endian primitives.</summary>
    private sealed class Content(Stream stream)
    {
        public void Bytes(ReadOnlySpan<byte> bytes) => stream.Write(bytes);

        public void Byte(byte value) => stream.WriteByte(value);

        public void UInt32(uint value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            stream.Write(bytes);
        }

        public void UInt64(ulong value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            stream.Write(bytes);
        }

        public void Float32(float value) => UInt32(BitConverter.SingleToUInt32Bits(value));

        public void Text(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            UInt64((ulong)bytes.Length);
            stream.Write(bytes);
        }

        public void Pad()
        {
            while (stream.Position % Alignment != 0)
                stream.WriteByte(0);
        }
    }
}
